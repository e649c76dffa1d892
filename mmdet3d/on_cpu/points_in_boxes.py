"""Which points lie in which boxes, on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.shapes import require_points, require_shape


def points_in_boxes(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Tell which points lie in which boxes.

    Points on the bottom or the top of a box are inside, points on its sides are not. A point that
    is not finite is in no box; a box that is not finite, or not positive in size, holds nothing.

    Args:
        points: of shape (M, 3+), x, y, z first, in metres.
        boxes: of shape (T, 7), x, y, z of the bottom centre, sizes along the box's x, y, z
            (metres), yaw (radians, counter-clockwise).

    Returns:
        bool of shape (M, T).

    Raises:
        ValueError: if an argument has another shape.
    """
    require_points('points', points)
    require_shape('boxes', boxes, ('T', 7))
    return batched_points_in_boxes(points[None, :, :3], boxes[None])[0]


def batched_points_in_boxes(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Tell which points lie in which boxes of the same cloud.

    Args:
        points: of shape (B, M, 3).
        boxes: of shape (B, T, 7), as for ``points_in_boxes``.

    Returns:
        bool of shape (B, M, T).
    """
    points = np.ascontiguousarray(points, dtype=np.float64)
    boxes = np.ascontiguousarray(boxes, dtype=np.float64)
    inside = np.empty((points.shape[0], points.shape[1], boxes.shape[1]), dtype=np.bool_)
    _fill_inside(points, box_frames(boxes), inside)
    return inside


def box_frames(boxes: np.ndarray) -> np.ndarray:
    """Compute once per box what every point needs.

    Args:
        boxes: float64 of shape (B, T, 7), as for ``points_in_boxes``.

    Returns:
        of shape (B, T, 8): middle x, y, z, half sizes, cosine and sine of the yaw. The half sizes
        are NaN, so that nothing lies within them, where the box is not finite or not positive.
    """
    sound = np.isfinite(boxes).all(axis=-1) & (boxes[..., 3:6] > 0).all(axis=-1)
    half = np.where(sound[..., None], boxes[..., 3:6] / 2, np.nan)
    middle = boxes[..., :3].copy()
    middle[..., 2] += half[..., 2]
    yaw = boxes[..., 6:]
    # An infinite angle has no direction, nor has its box a size.
    with np.errstate(invalid='ignore'):
        return np.concatenate([middle, half, np.cos(yaw), np.sin(yaw)], axis=-1)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _fill_inside(points: np.ndarray, frames: np.ndarray, inside: np.ndarray) -> None:
    for cloud in range(inside.shape[0]):
        for i in range(inside.shape[1]):
            x, y, z = points[cloud, i, 0], points[cloud, i, 1], points[cloud, i, 2]
            for j in range(inside.shape[2]):
                inside[cloud, i, j] = is_inside(x, y, z, frames, cloud, j)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def is_inside(x: float, y: float, z: float, frames: np.ndarray, cloud: int, j: int) -> bool:
    """Tell whether a point lies in box j of a cloud, a row of ``box_frames``."""
    dx, dy = x - frames[cloud, j, 0], y - frames[cloud, j, 1]
    cos, sin = frames[cloud, j, 6], frames[cloud, j, 7]
    return (
        (abs(z - frames[cloud, j, 2]) <= frames[cloud, j, 5])
        & (abs(dx * cos + dy * sin) < frames[cloud, j, 3])
        & (abs(dy * cos - dx * sin) < frames[cloud, j, 4])
    )
