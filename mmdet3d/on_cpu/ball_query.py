"""Which points lie around each centre, on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows


def ball_query(
    low: np.float32, high: np.float32, num_samples: int, points: np.ndarray, centres: np.ndarray
) -> np.ndarray:
    """Find the first points of each cloud that lie in a shell around each centre.

    Args:
        low: smallest squared distance; zero is always allowed.
        high: the squared distance that is too large.
        num_samples: how many points are listed for a centre.
        points: float32 of shape (B, N, 3).
        centres: float32 of shape (B, M, 3).

    Returns:
        int64 of shape (B, M, num_samples).
    """
    columns = np.ascontiguousarray(points.transpose(0, 2, 1))
    found = np.zeros((*centres.shape[:2], num_samples), dtype=np.int64)
    rows = centres.shape[0] * centres.shape[1]
    split_rows(_query, rows, low, high, columns, np.ascontiguousarray(centres), found)
    return found


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _query(
    start: int,
    stop: int,
    low: np.float32,
    high: np.float32,
    columns: np.ndarray,
    centres: np.ndarray,
    found: np.ndarray,
) -> None:
    for row in range(start, stop):
        cloud, i = divmod(row, centres.shape[1])
        _query_one(low, high, columns[cloud], centres[cloud, i], found[cloud, i])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _query_one(
    low: np.float32, high: np.float32, columns: np.ndarray, centre: np.ndarray, found: np.ndarray
) -> None:
    x, y, z = columns
    count = 0
    for j in range(len(x)):
        dx, dy, dz = x[j] - centre[0], y[j] - centre[1], z[j] - centre[2]
        squared = dx * dx + dy * dy + dz * dz
        if (squared < high and squared >= low) or squared == 0:
            found[count] = j
            count += 1
            if count == len(found):
                return
    found[count:] = found[0]
