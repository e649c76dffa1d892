"""Collisions of rotated boxes seen from above, for arrays.

A box is (x, y, dx, dy, yaw), yaw counter-clockwise, everywhere here.
"""

import numba
import numpy as np

from mmdet3d.on_cpu.rectangles import box_frames, circles_meet, relative_pose, separated

# Boxes are float32 metres up to 100 m away, so a smaller overlap is rounding: such boxes touch.
_TOLERANCE = 1e-5


def seen_from_above(boxes: np.ndarray) -> np.ndarray:
    """Give boxes (x, y, dx, dy, yaw), float64 of shape (..., 5), of 3D boxes (..., 7 or more)."""
    return np.ascontiguousarray(boxes[..., [0, 1, 3, 4, 6]], dtype=np.float64)


def collision_free(boxes: np.ndarray, num_fixed: int) -> np.ndarray:
    """Keep the fixed boxes, and drop every other box that collides with one not dropped before it.

    If two candidates collide, the earlier one is dropped, as in mmdetection3d.

    Args:
        boxes: float64 boxes of shape (N, 5), the fixed ones first.
        num_fixed: how many of them are fixed.

    Returns:
        bool of shape (N - num_fixed,), True for the candidates that stay.
    """
    return _collision_free(box_frames(boxes), num_fixed)


def first_free_try(boxes: np.ndarray, tries: np.ndarray) -> np.ndarray:
    """Move boxes one after the other to the first of their tries that collides with no other box.

    Args:
        boxes: float64 boxes of shape (N, 5) as they stand.
        tries: float64 of shape (N, T, 5), T places proposed for each.

    Returns:
        int64 of shape (N,): the index of the try taken, -1 for a box that stays where it is.
    """
    frames = box_frames(tries.reshape(-1, 5))
    return _first_free_try(box_frames(boxes), frames.reshape(*tries.shape[:2], frames.shape[1]))


@numba.njit(cache=True)
def _collide(frames_a: np.ndarray, i: int, frames_b: np.ndarray, j: int) -> bool:
    if not circles_meet(frames_a, i, frames_b, j):
        return False
    a, b = frames_a[i], frames_b[j]
    x, y, cos, sin = relative_pose(a, b)
    return not separated(x, y, cos, sin, a[2], a[3], b[2], b[3], _TOLERANCE)


@numba.njit(cache=True)
def _collision_free(frames: np.ndarray, num_fixed: int) -> np.ndarray:
    keep = np.ones(len(frames), dtype=np.bool_)
    for i in range(num_fixed, len(frames)):
        for j in range(len(frames)):
            if i != j and keep[j] and _collide(frames, i, frames, j):
                keep[i] = False
                break
    return keep[num_fixed:]


@numba.njit(cache=True)
def _first_free_try(frames: np.ndarray, tries: np.ndarray) -> np.ndarray:
    taken = np.full(len(frames), -1, dtype=np.int64)
    for i in range(len(frames)):
        for t in range(tries.shape[1]):
            free = True
            for j in range(len(frames)):
                if i != j and _collide(tries[i], t, frames, j):
                    free = False
                    break
            if free:
                frames[i] = tries[i, t]
                taken[i] = t
                break
    return taken
