"""What values look like that were taken for another type or number of columns.

Columns differ: x and y are wide, z is narrow, intensity is small. Read with a wrong number of
columns, every column is a mixture, and they are all alike.
"""

import numpy as np

from mmdet3d.clouds.scanner import REACH

# Values looked at: the first so many, a multiple of each number of columns from 3 to 8.
_VALUES = 8400
_COLUMNS = range(3, 9)
# Columns explain at least this share of the variance where their number is right: 0.4 to 0.97 in
# clouds of KITTI and nuScenes, 0.2 at most where it is not.
_DISTINCT = 0.3
# Below this, the variance of logarithms is rounding.
_NO_VARIANCE = 1e-4
# What values that were read as one type may be instead; numpy.fromfile reads float64 by default.
_OTHER_TYPES = {
    'float32': {
        'float64': '<f8',
        'big-endian float32': '>f4',
        'big-endian float64': '>f8',
        'int32': '<i4',
        'float16': '<f2',
    },
    'float64': {'float32': '<f4'},
}


def likely_columns(values: np.ndarray, num_features: int) -> int | None:
    """Tell how many columns values rather have.

    Args:
        values: numbers of shape (N,), all those of the cloud in their order.
        num_features: how many it was read with.

    Returns:
        another number, from 3 to 8; None if ``num_features`` is as good as any.
    """
    head = _compressed(values)
    given = _explained(head, num_features)
    divisors = [each for each in _COLUMNS if num_features % each == 0 and each < num_features]
    if given >= _DISTINCT and not divisors:
        return None
    fitting = [each for each in _COLUMNS if len(values) % each == 0]
    shares = {each: _explained(head, each) for each in fitting}
    best = max(shares.values(), default=0.0)
    fewest = next((each for each, share in shares.items() if share >= 0.9 * best), num_features)
    fits = given >= 0.5 * best and fewest not in divisors
    return None if fits or best < _DISTINCT else fewest


def likely_type(values: np.ndarray, num_features: int) -> tuple[str, int] | None:
    """Tell as which other type the memory of values that are none of a cloud would be some.

    Args:
        values: float32 or float64 of shape (N,), as they were read.
        num_features: columns that are expected, which are taken where they fit.

    Returns:
        name of the type and number of columns, None if no other type fits.
    """
    for name, code in _OTHER_TYPES[values.dtype.name].items():
        if values.nbytes % np.dtype(code).itemsize:
            continue
        others = values.view(code)
        if _are_metres(others[:_VALUES]):
            return name, likely_columns(others, num_features) or num_features
    return None


def _compressed(values: np.ndarray) -> np.ndarray:
    """Logarithms of the absolute values, so that few far points do not rule."""
    with np.errstate(all='ignore'):
        head = np.log1p(np.abs(values[:_VALUES].astype(np.float32)))
    return np.nan_to_num(head, posinf=0.0)


def _explained(values: np.ndarray, columns: int) -> float:
    """Share of the variance that lies between the columns."""
    rows = values[: len(values) // columns * columns].reshape(-1, columns)
    if not len(rows):
        return 0.0
    means = np.full(len(rows), 1 / len(rows), dtype=np.float32) @ rows
    total = float(np.vdot(rows, rows)) / rows.size - float(means.mean()) ** 2
    return float(means.var()) / total if total > _NO_VARIANCE else 0.0


def _are_metres(values: np.ndarray) -> bool:
    with np.errstate(all='ignore'):
        sizes = np.abs(values.astype(np.float64))
    # Integers may be millimetres.
    largest = REACH[0] * (1000 if values.dtype.kind == 'i' else 1)
    return bool((sizes <= largest).mean() > 0.99 and np.median(sizes) > 0.01)
