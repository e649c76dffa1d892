"""The first points inside each box, on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.points_in_boxes import box_frames, is_inside
from mmdet3d.on_cpu.threads import split_rows


def first_inside(
    points: np.ndarray, boxes: np.ndarray, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the first points inside each box, in the order of the cloud.

    Args:
        points: float64 of shape (B, N, 3).
        boxes: float64 of shape (B, M, 7), as for ``points_in_boxes``.
        limit: how many points are listed for a box.

    Returns:
        indices of points, int64 of shape (B, M, limit), zeros after the last one; how many are
        listed, int64 of shape (B, M).
    """
    index = np.zeros((*boxes.shape[:2], limit), dtype=np.int64)
    count = np.zeros(boxes.shape[:2], dtype=np.int64)
    points = np.ascontiguousarray(points)
    split_rows(_find, count.size, points, box_frames(boxes), index, count)
    return index, count


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _find(
    start: int,
    stop: int,
    points: np.ndarray,
    frames: np.ndarray,
    index: np.ndarray,
    count: np.ndarray,
) -> None:
    for row in range(start, stop):
        cloud, j = divmod(row, count.shape[1])
        for i in range(points.shape[1]):
            x, y, z = points[cloud, i]
            if is_inside(x, y, z, frames, cloud, j):
                index[cloud, j, count[cloud, j]] = i
                count[cloud, j] += 1
                if count[cloud, j] == index.shape[2]:
                    break
