"""Collisions of rotated boxes seen from above.

Two rectangles are apart exactly when an edge normal of one of them separates them (the separating
axis theorem), which is cheaper and safer at touching edges than comparing an intersection area with
zero. A box is (x, y, dx, dy, yaw), yaw counter-clockwise, everywhere here.
"""

import math

import numba
import numpy as np

# Boxes are float32 metres up to 100 m away, so a smaller overlap is rounding: such boxes touch.
_TOLERANCE = 1e-5


def seen_from_above(boxes: np.ndarray) -> np.ndarray:
    """The (..., 5) float64 boxes (x, y, dx, dy, yaw) of 3D boxes (..., 7 or more)."""
    return np.ascontiguousarray(boxes[..., [0, 1, 3, 4, 6]], dtype=np.float64)


@numba.njit(cache=True)
def _collide(a: np.ndarray, b: np.ndarray) -> bool:
    dx, dy = b[0] - a[0], b[1] - a[1]
    cos_a, sin_a = math.cos(a[4]), math.sin(a[4])
    cos_b, sin_b = math.cos(b[4]), math.sin(b[4])
    c, s = abs(math.cos(a[4] - b[4])), abs(math.sin(a[4] - b[4]))
    return (
        2 * (abs(dx * cos_a + dy * sin_a) + _TOLERANCE) < a[2] + b[2] * c + b[3] * s
        and 2 * (abs(dy * cos_a - dx * sin_a) + _TOLERANCE) < a[3] + b[2] * s + b[3] * c
        and 2 * (abs(dx * cos_b + dy * sin_b) + _TOLERANCE) < b[2] + a[2] * c + a[3] * s
        and 2 * (abs(dy * cos_b - dx * sin_b) + _TOLERANCE) < b[3] + a[2] * s + a[3] * c
    )


@numba.njit(cache=True)
def collision_free(boxes: np.ndarray, num_fixed: int) -> np.ndarray:
    """Keep the fixed boxes, and drop every other box that collides with one not dropped before it.

    Of two colliding candidates the earlier one is dropped, as in mmdetection3d.

    Args:
        boxes: (N, 5) float64 boxes, the fixed ones first.
        num_fixed: how many of them are fixed.

    Returns:
        (N - num_fixed,) bool, True for the candidates that stay.
    """
    keep = np.ones(len(boxes), dtype=np.bool_)
    for i in range(num_fixed, len(boxes)):
        for j in range(len(boxes)):
            if i != j and keep[j] and _collide(boxes[i], boxes[j]):
                keep[i] = False
                break
    return keep[num_fixed:]


@numba.njit(cache=True)
def first_free_try(boxes: np.ndarray, tries: np.ndarray) -> np.ndarray:
    """Move boxes one after the other to the first of their tries that collides with no other box.

    Args:
        boxes: (N, 5) float64 boxes as they stand.
        tries: (N, T, 5) float64, T places proposed for each.

    Returns:
        (N,) int64 index of the try taken, -1 for a box that stays where it is.
    """
    boxes = boxes.copy()
    taken = np.full(len(boxes), -1, dtype=np.int64)
    for i in range(len(boxes)):
        for t in range(tries.shape[1]):
            free = True
            for j in range(len(boxes)):
                if i != j and _collide(tries[i, t], boxes[j]):
                    free = False
                    break
            if free:
                boxes[i] = tries[i, t]
                taken[i] = t
                break
    return taken
