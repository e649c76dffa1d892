"""The three nearest neighbours of each point, on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows


def three_nearest(targets: np.ndarray, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the three sources nearest to each target.

    Args:
        targets: float32 of shape (B, N, 3).
        sources: float32 of shape (B, M, 3).

    Returns:
        squared distances in ascending order, float32 of shape (B, N, 3); indices, int64 of shape
        (B, N, 3). Infinite and 0 for a neighbour that is missing.
    """
    columns = np.ascontiguousarray(sources.transpose(0, 2, 1))
    squared = np.full(targets.shape, np.inf, dtype=np.float32)
    index = np.zeros(targets.shape, dtype=np.int64)
    rows = targets.shape[0] * targets.shape[1]
    split_rows(_search, rows, np.ascontiguousarray(targets), columns, squared, index)
    return squared, index


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _search(
    start: int,
    stop: int,
    targets: np.ndarray,
    columns: np.ndarray,
    squared: np.ndarray,
    index: np.ndarray,
) -> None:
    for row in range(start, stop):
        cloud, i = divmod(row, targets.shape[1])
        _search_one(targets[cloud, i], columns[cloud], squared[cloud, i], index[cloud, i])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _search_one(
    target: np.ndarray, columns: np.ndarray, squared: np.ndarray, index: np.ndarray
) -> None:
    x, y, z = columns
    for j in range(len(x)):
        dx, dy, dz = target[0] - x[j], target[1] - y[j], target[2] - z[j]
        distance = dx * dx + dy * dy + dz * dz
        if distance < squared[2]:
            _insert(distance, j, squared, index)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _insert(distance: float, j: int, squared: np.ndarray, index: np.ndarray) -> None:
    """Put a neighbour nearer than the third in its place, behind those equally near."""
    place = 2
    while place > 0 and distance < squared[place - 1]:
        squared[place], index[place] = squared[place - 1], index[place - 1]
        place -= 1
    squared[place], index[place] = distance, j
