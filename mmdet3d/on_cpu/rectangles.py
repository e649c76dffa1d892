"""What pairs of rotated rectangles have in common: frames, poses, and whether they are apart.

A box that is not finite, or not positive in size, has no place here: it meets nothing.

Two convex shapes are apart exactly when an edge normal of one of them separates them (the
separating axis theorem). For boxes that touch, this is safer than to compare an area with zero.
"""

import numba
import numpy as np

# Squares and products of numbers up to here are finite in float64.
LARGEST = float(np.finfo(np.float32).max)


def box_frames(boxes: np.ndarray) -> np.ndarray:
    """Compute once per box what every pair of boxes needs.

    Args:
        boxes: of shape (N, 5): centre x, centre y, size along the box's x, along its y, yaw in
            radians, counter-clockwise.

    Returns:
        float64 of shape (N, 7): centre x, centre y, half sizes along the box's x and y, cosine and
        sine of the yaw, radius of the circle around the box; the radius is NaN, so that the box
        meets nothing, where the box is not finite or not positive (see ``sound_rectangles``).
    """
    boxes = np.asarray(boxes, dtype=np.float64)
    half = boxes[:, 2:4] / 2
    yaw = boxes[:, 4]
    # What overflows or has no direction is of no box that counts.
    with np.errstate(invalid='ignore', over='ignore'):
        radius = np.where(sound_rectangles(boxes), np.hypot(half[:, 0], half[:, 1]), np.nan)
        return np.column_stack([boxes[:, :2], half, np.cos(yaw), np.sin(yaw), radius])


def sound_rectangles(boxes: np.ndarray) -> np.ndarray:
    """Tell which boxes are finite, within the range of float32, and positive in size.

    Args:
        boxes: of shape (N, 5), as for ``box_frames``.

    Returns:
        bool of shape (N,).
    """
    return (np.abs(boxes) <= LARGEST).all(axis=1) & (boxes[:, 2:4] > 0).all(axis=1)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def circles_meet(frames_a: np.ndarray, i: int, frames_b: np.ndarray, j: int) -> bool:
    """Tell whether the circles around two boxes (rows i and j of ``box_frames``) intersect.

    A box that is not finite or not positive meets nothing.
    """
    dx, dy = frames_a[i, 0] - frames_b[j, 0], frames_a[i, 1] - frames_b[j, 1]
    reach = frames_a[i, 6] + frames_b[j, 6]
    return dx * dx + dy * dy < reach * reach


@numba.njit(cache=True, nogil=True, error_model='numpy')
def relative_pose(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float, float]:
    """Return x, y and the yaw's cosine and sine of box a in the frame of box b."""
    cos, sin = a[4] * b[4] + a[5] * b[5], a[5] * b[4] - a[4] * b[5]
    dx, dy = a[0] - b[0], a[1] - b[1]
    return dx * b[4] + dy * b[5], dy * b[4] - dx * b[5], cos, sin


@numba.njit(cache=True, nogil=True, error_model='numpy')
def separated(
    x: float,
    y: float,
    cos: float,
    sin: float,
    ax: float,
    ay: float,
    bx: float,
    by: float,
    depth: float,
) -> bool:
    """Tell whether an axis of either box separates them.

    Args:
        x: of the pose of box a in the frame of box b, see :func:`relative_pose`.
        y: likewise.
        cos: likewise.
        sin: likewise.
        ax: half size of box a along its x.
        ay: half size of box a along its y.
        bx: half size of box b along its x.
        by: half size of box b along its y.
        depth: boxes that overlap by no more than this along an axis count as apart. With 0, boxes
            that only touch are apart.
    """
    c, s = abs(cos), abs(sin)
    return (
        abs(x) + depth >= bx + c * ax + s * ay
        or abs(y) + depth >= by + s * ax + c * ay
        or abs(x * cos + y * sin) + depth >= ax + c * bx + s * by
        or abs(y * cos - x * sin) + depth >= ay + s * bx + c * by
    )
