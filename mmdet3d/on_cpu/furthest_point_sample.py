"""Furthest point sampling on the CPU, for numpy arrays.

A chosen point shortens the distances of few others. Those of large clouds lie in blocks of points
near each other, and a block is left out where its nearest corner is too far to change anything.
"""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows

# Blocks of so many points, for clouds of so many; each axis is cut into 2**_BITS steps to sort by.
_BLOCK, _LARGE, _BITS = 64, 1024, 10
_FURTHEST = 1e18


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
    # Beyond the limit, and with NaN, squared distances are not finite.
    if points.shape[1] < _LARGE or points.size == 0 or not np.abs(points).max() < _FURTHEST:
        split_rows(_choose, len(points), columns, chosen)
        return chosen
    order = np.argsort(_places(columns), axis=1, kind='stable')
    sorted_columns = np.take_along_axis(columns, order[:, None], axis=2)
    split_rows(_choose_by_blocks, len(points), sorted_columns, order, chosen)
    return chosen


def _places(columns: np.ndarray) -> np.ndarray:
    """Return where points come in Morton's order, which keeps near ones together; of shape (B, N).

    Args:
        columns: finite, of shape (B, 3, N).
    """
    low, high = columns.min(axis=2, keepdims=True), columns.max(axis=2, keepdims=True)
    extent = np.maximum(high.astype(np.float64) - low, np.finfo(np.float32).tiny)
    steps = ((columns.astype(np.float64) - low) / extent * (2**_BITS - 1)).astype(np.int64)
    places = np.zeros(columns.shape[::2], dtype=np.int64)
    for bit in range(_BITS):
        for axis in range(3):
            places |= ((steps[:, axis] >> bit) & 1) << (3 * bit + axis)
    return places


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _choose_by_blocks(
    start: int, stop: int, columns: np.ndarray, order: np.ndarray, chosen: np.ndarray
) -> None:
    count = columns.shape[2]
    blocks = (count + _BLOCK - 1) // _BLOCK
    for cloud in range(start, stop):
        points, original = columns[cloud], order[cloud]
        boxes = np.empty((6, blocks), dtype=np.float32)
        for block in range(blocks):
            part = points[:, block * _BLOCK : (block + 1) * _BLOCK]
            for axis in range(3):
                boxes[axis, block], boxes[3 + axis, block] = part[axis].min(), part[axis].max()
        nearest = np.full(count, np.inf, dtype=np.float32)
        furthest = np.full(blocks, np.inf, dtype=np.float32)
        at = np.zeros(blocks, dtype=np.int64)
        bounds = np.empty(blocks, dtype=np.float32)
        here = 0
        while original[here] != 0:
            here += 1
        for step in range(chosen.shape[1]):
            chosen[cloud, step] = original[here]
            _bound(bounds, boxes, points[0, here], points[1, here], points[2, here])
            for block in range(blocks):
                if bounds[block] < furthest[block]:
                    first, last = block * _BLOCK, min((block + 1) * _BLOCK, count)
                    at[block] = _approach_block(nearest, points, original, first, last, here)
                    furthest[block] = nearest[at[block]]
            here = _furthest_of(furthest, at, original)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _bound(bounds: np.ndarray, boxes: np.ndarray, x: float, y: float, z: float) -> None:
    """Compute how near a point is to boxes, squared and rounded as distances to points are.

    Rounding keeps the order, so no point of a box comes out nearer.
    """
    zero = np.float32(0)
    for i in range(len(bounds)):
        dx = max(max(boxes[0, i] - x, x - boxes[3, i]), zero)
        dy = max(max(boxes[1, i] - y, y - boxes[4, i]), zero)
        dz = max(max(boxes[2, i] - z, z - boxes[5, i]), zero)
        bounds[i] = dx * dx + dy * dy + dz * dz


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _approach_block(
    nearest: np.ndarray,
    points: np.ndarray,
    original: np.ndarray,
    first: int,
    last: int,
    chosen: int,
) -> int:
    """Shorten the distances of a block's points, and return the place of the furthest."""
    x, y, z = points[0, chosen], points[1, chosen], points[2, chosen]
    for i in range(first, last):
        dx, dy, dz = points[0, i] - x, points[1, i] - y, points[2, i] - z
        squared = dx * dx + dy * dy + dz * dz
        nearest[i] = squared if squared < nearest[i] else nearest[i]
    largest = _largest(nearest[first:last])
    best = -1
    for i in range(first, last):
        if nearest[i] == largest and (best < 0 or original[i] < original[best]):
            best = i
    return best


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _furthest_of(furthest: np.ndarray, at: np.ndarray, original: np.ndarray) -> int:
    """Return the place of the furthest point of all, of equally far ones the first."""
    largest, best = _largest(furthest), -1
    for block in range(len(furthest)):
        if furthest[block] == largest and (best < 0 or original[at[block]] < original[best]):
            best = at[block]
    return best


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
