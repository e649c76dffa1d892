"""Columns of a cloud from fields with names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmdet3d.utils.errors import DataFormatError

_INTENSITY = ('intensity', 'intensities', 'i', 'reflectance', 'reflectivity', 'remission', 'r')
_RING = ('ring', 'line', 'channel', 'laser_id')
_TIME = ('time', 'timestamp', 't', 'time_stamp', 'offset_time')
# Names of each column; a cloud of five has the beam or the time as its fifth.
_NAMES = (('x',), ('y',), ('z',), _INTENSITY)


def column_names(num_features: int) -> tuple[tuple[str, ...], ...]:
    """Which names of fields each column of a cloud goes by, the preferred first.

    Args:
        num_features: values per point that the data set has.

    Returns:
        names for the first ``num_features`` columns, for six at most.
    """
    more = ((*_RING, *_TIME),) if num_features <= 5 else (_RING, _TIME)
    return (_NAMES + more)[:num_features]


def named_columns(
    fields: Mapping[str, np.ndarray], num_features: int, columns: Sequence[int], where: str | Path
) -> np.ndarray:
    """Put fields together as the columns that a data set has by number.

    Args:
        fields: values of shape (N,) by name, in any case; CloudCompare's prefix "scalar_" is known.
        num_features: values per point that the data set has.
        columns: which of them to give.
        where: the file or argument, for messages.

    Returns:
        of shape (N, len(columns)), in a type that holds all of them.

    Raises:
        DataFormatError: if a field is missing, or is no number per point.
    """
    known = {_plain(name): name for name in fields}
    if {'r', 'g', 'b'} <= set(known):
        del known['r']  # a colour here, no reflectance
    names = column_names(num_features)
    chosen = []
    for column in columns:
        found = [name for name in names[column] if name in known] if column < len(names) else []
        if not found:
            raise _missing(fields, num_features, column, where)
        chosen.append(known[found[0]])
    for name in chosen:
        if fields[name].ndim != 1:
            raise DataFormatError(
                f'{where}: field {name} has {fields[name].shape[1:]} values per point; expected one'
            )
    return np.stack([fields[name] for name in chosen], axis=1)


def _plain(name: str) -> str:
    return name.lower().removeprefix('scalar_')


def _missing(
    fields: Mapping[str, np.ndarray], num_features: int, column: int, where: str | Path
) -> DataFormatError:
    has = f'{where} has the fields {list(fields)}'
    names = column_names(num_features)
    if column >= len(names):
        return DataFormatError(
            f'{has}, but column {column} of {num_features} (load_dim) has no name; fields can be '
            'told for 6 columns at most: write the cloud as .npy, of shape '
            f'(N, {num_features})'
        )
    return DataFormatError(
        f'{has}, but none for column {column} of the {num_features} (load_dim) that are expected: '
        f'{" or ".join(names[column])}; write that field, or let the config load fewer columns '
        '(load_dim, use_dim of LoadPointsFromFile)'
    )
