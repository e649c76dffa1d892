"""The smallest values of each row, on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows

# Values of a row from which a bound on the smallest is guessed.
_SAMPLED = 1024
# How much larger than the expected rank of the bound among them the one that is taken is: a bound
# that is too low costs a second look at the row, one that is too high only a few more candidates.
_FACTOR, _MORE = 1.5, 8


def smallest_of_rows(values: np.ndarray, k: int) -> np.ndarray:
    """Find the smallest values of each row; of equal ones the first. NaN counts as infinite.

    Args:
        values: float32 of shape (N, M).
        k: how many, from 1 to M.

    Returns:
        int64 of shape (N, k), indices within the rows, in no particular order.
    """
    found = np.empty((len(values), k), dtype=np.int64)
    split_rows(_search, len(values), np.ascontiguousarray(values), k, found)
    return found


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _search(start: int, stop: int, values: np.ndarray, k: int, found: np.ndarray) -> None:
    columns = values.shape[1]
    candidates = np.empty(columns, dtype=values.dtype)
    index = np.empty(columns, dtype=np.int64)
    for row in range(start, stop):
        count = _collect(values[row], _guess_bound(values[row], k), candidates, index)
        if count < k:
            count = _take_all(values[row], candidates, index)
        _choose(candidates[:count], index, k, found[row])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _guess_bound(row: np.ndarray, k: int) -> float:
    """Guess a value that a few more than k values of the row do not exceed."""
    stride = max(1, len(row) // _SAMPLED)
    sample = row[::stride].copy()
    rank = min(len(sample) - 1, int(k / stride * _FACTOR) + _MORE)
    return np.partition(sample, rank)[rank]


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _collect(row: np.ndarray, bound: float, candidates: np.ndarray, index: np.ndarray) -> int:
    count = 0
    for j in range(len(row)):
        candidates[count], index[count] = row[j], j
        count += row[j] <= bound
    return count


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _take_all(row: np.ndarray, candidates: np.ndarray, index: np.ndarray) -> int:
    for j in range(len(row)):
        candidates[j], index[j] = np.inf if np.isnan(row[j]) else row[j], j
    return len(row)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _choose(candidates: np.ndarray, index: np.ndarray, k: int, found: np.ndarray) -> None:
    largest = np.partition(candidates, k - 1)[k - 1]
    taken = 0
    for j in range(len(candidates)):
        if candidates[j] < largest:
            found[taken] = index[j]
            taken += 1
    for j in range(len(candidates)):
        if taken < k and candidates[j] == largest:
            found[taken] = index[j]
            taken += 1
