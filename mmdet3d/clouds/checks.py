"""What points have to be, wherever they come from."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmdet3d.clouds.fields import named_columns
from mmdet3d.clouds.plausibility import warn_about_values
from mmdet3d.utils.errors import DataFormatError

# What the first columns of a scanner, x, y, z and intensity, are at most, and any further ones. A
# quarter of the way around the Earth is 1e7 m, which map coordinates reach.
_MOST = (1e7, 1e7, 1e7, 65535.0)
_MOST_OF_OTHERS = 1e18
# Up to here float32 holds every whole number.
_LARGEST_EXACT = 2**24


def check_points(
    content: np.ndarray | Mapping[str, np.ndarray],
    num_features: int,
    columns: Sequence[int],
    where: str | Path,
) -> np.ndarray:
    """Bring points to float32 with the columns that are wanted.

    Points with a value that is not finite, or none that a scanner gives, are dropped, with a
    warning: one of them would turn every loss into NaN, or the features of its voxel into noise.
    No coordinate is beyond 1e7 m, no intensity beyond 65535 (16 bits), no other value beyond 1e18.

    Args:
        content: array of shape (N, num_features), or (N, len(columns)) where the columns were
            chosen already, of floats, or of integers of 16 bits or more that float32 holds exactly;
            or values of shape (N,) by field, or a structured array of such fields (x, y, z,
            intensity, ...). It is not changed, but may share its memory with the result.
        num_features: values per point that the data set has, ``load_dim`` of a config.
        columns: those that are wanted, ``use_dim`` of a config.
        where: the file, or what was given, for messages.

    Returns:
        float32 of shape (N, len(columns)).

    Raises:
        DataFormatError: if the shape, the number of columns or the type is another.
    """
    if isinstance(content, np.ndarray) and content.dtype.names is not None:
        content = {name: content[name].ravel() for name in content.dtype.names}
    if isinstance(content, np.ndarray):
        _check_type(content, where)
        chosen = _choose_columns(content, num_features, columns, where)
        values = _values(content, num_features)
    else:
        chosen = named_columns(content, num_features, columns, where)
        values = None
        _check_type(chosen, where)
    points = _drop_non_finite(_to_float32(chosen, where), where)
    warn_about_values(points, num_features, where, values)
    return _drop_impossible(points, columns, where)


def _values(array: np.ndarray, num_features: int) -> np.ndarray | None:
    """All numbers in their order, where that takes no copy and they may have been read wrongly."""
    as_read = array.flags.c_contiguous and array.shape[1] == num_features
    is_plain = array.dtype.isnative and array.dtype in (np.float32, np.float64)
    return array.reshape(-1) if as_read and is_plain else None


def _check_type(array: np.ndarray, where: str | Path) -> None:
    if array.dtype.kind == 'f' or (array.dtype.kind in 'iu' and array.dtype.itemsize > 1):
        return
    hint = ''
    if array.dtype.itemsize == 1 and array.dtype.kind in 'iu':
        hint = '; bytes of a file become points by numpy.frombuffer(..., numpy.float32)'
    elif array.dtype.kind == 'O':
        hint = '; rows of different lengths or other objects become such an array'
    raise DataFormatError(
        f'{where}: has values of type {array.dtype}; expected points as numbers in metres, float32 '
        f'of shape (N, columns){hint}'
    )


def _choose_columns(
    array: np.ndarray, num_features: int, columns: Sequence[int], where: str | Path
) -> np.ndarray:
    wanted = f'(N, {num_features})'
    if len(columns) != num_features:
        wanted += f', or (N, {len(columns)}) with columns {list(columns)} of them,'
    if array.ndim != 2:
        raise DataFormatError(
            f'{where}: has shape {array.shape}; expected {wanted} for one cloud of N points. '
            'Several clouds are given as a list of arrays'
        )
    if array.shape[1] == num_features:
        whole = list(columns) == list(range(num_features))
        return array if whole else array[:, list(columns)]
    if array.shape[1] == len(columns):
        return array
    raise DataFormatError(
        f'{where}: has shape {array.shape}, {array.shape[1]} columns; expected {wanted} as the '
        f'config loads (load_dim={num_features}, use_dim={list(columns)} of LoadPointsFromFile). '
        f'{_remedy(array, num_features)}'
    )


def _remedy(array: np.ndarray, num_features: int) -> str:
    if array.shape[0] == num_features:
        return 'It looks transposed: give array.T'
    if array.shape[1] < num_features:
        return 'Add the missing columns (x, y, z, intensity, ...), or use a config that needs fewer'
    return f'Choose the columns, such as array[:, :{num_features}]'


def _to_float32(array: np.ndarray, where: str | Path) -> np.ndarray:
    if (
        array.dtype.kind in 'iu'
        and array.size
        and max(-int(array.min()), int(array.max())) > (_LARGEST_EXACT)
    ):
        raise DataFormatError(
            f'{where}: has integers up to {max(-int(array.min()), int(array.max()))}; expected '
            'metres as float32. Convert the unit'
        )
    # Numbers beyond float32 become infinite, and are dropped with a warning.
    with np.errstate(over='ignore', invalid='ignore'):
        return array.astype(np.float32, copy=False)


def _drop_non_finite(points: np.ndarray, where: str | Path) -> np.ndarray:
    finite_values = np.isfinite(points)
    if finite_values.all():
        return points
    finite = finite_values.all(axis=1)
    warnings.warn(
        f'{where}: dropped {np.count_nonzero(~finite)} of {len(points)} points that have NaN or '
        'infinite values',
        stacklevel=5,
    )
    return points[finite]


def _drop_impossible(points: np.ndarray, columns: Sequence[int], where: str | Path) -> np.ndarray:
    """Drop points with a value that no scanner gives."""
    # Most clouds have no value beyond the least of the limits, which is quickly seen.
    if not points.size or max(points.max(), -points.min()) <= min(_MOST):
        return points
    most = [_MOST[each] if each < len(_MOST) else _MOST_OF_OTHERS for each in columns]
    bad = (np.abs(points) > np.array(most, dtype=np.float32)).any(axis=1)
    if not bad.any():
        return points
    first = points[bad.argmax()].tolist()
    warnings.warn(
        f'{where}: dropped {np.count_nonzero(bad)} of {len(points)} points with values that no '
        f'scanner gives (the first: {[float(f"{each:.4g}") for each in first]}): coordinates are '
        f'at most {_MOST[0]:g} m, intensities {_MOST[3]:g}',
        stacklevel=5,
    )
    return points[~bad]
