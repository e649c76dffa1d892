"""Furthest point sampling on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows


def furthest_point_sample(points: np.ndarray, num_points: int) -> np.ndarray:
    """Choose points one by one, each the furthest from those chosen before.

    Args:
        points: float32 of shape (B, N, 3), N not below ``num_points``.
        num_points: how many points to choose.

    Returns:
        int64 of shape (B, num_points), indices.
    """
    columns = np.ascontiguousarray(points.transpose(0, 2, 1))
    chosen = np.zeros((len(points), num_points), dtype=np.int64)
    split_rows(_choose, len(points), columns, chosen)
    return chosen


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _choose(start: int, stop: int, columns: np.ndarray, chosen: np.ndarray) -> None:
    for cloud in range(start, stop):
        x, y, z = columns[cloud]
        nearest = np.full(len(x), np.inf, dtype=np.float32)
        _approach(nearest, x, y, z, 0)
        # Infinite: a coordinate is not finite, and the distance would never shrink.
        nearest[nearest == np.inf] = 0
        for step in range(1, chosen.shape[1]):
            furthest = _first_of(nearest, _largest(nearest))
            chosen[cloud, step] = furthest
            _approach(nearest, x, y, z, furthest)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _approach(
    nearest: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, chosen: int
) -> None:
    """Shorten each point's squared distance to the nearest chosen one by a newly chosen one."""
    for i in range(len(nearest)):
        dx, dy, dz = x[i] - x[chosen], y[i] - y[chosen], z[i] - z[chosen]
        squared = dx * dx + dy * dy + dz * dz
        nearest[i] = squared if squared < nearest[i] else nearest[i]


# Without NaN the compiler may compare several values at once.
@numba.njit(cache=True, nogil=True, error_model='numpy', fastmath={'nnan', 'nsz'})
def _largest(values: np.ndarray) -> float:
    largest = values[0]
    for value in values:
        largest = max(largest, value)
    return largest


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _first_of(values: np.ndarray, wanted: float) -> int:
    first = 0
    while values[first] != wanted:
        first += 1
    return first
