"""Overlaps of rotated rectangles on the CPU, in float64, for numpy arrays.

The area of the intersection is found without building the polygon. In the frame of rectangle B,
with half sizes (hx, hy), Green's theorem gives for the outline of A

    area(A and B) = integral of clamp(x, -hx, hx) dy over the parts of A's outline with |y| <= hy,

as the clamped x is the antiderivative of "x lies inside B". An edge is straight, so its share has a
closed form. The sum depends continuously on the boxes: touching, coincident or parallel edges and
boxes without area need no special treatment.
"""

import numba
import numpy as np

from mmdet3d.ops.checks import require_shape


def rotated_overlaps(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Compute the intersection area of every pair of rotated rectangles.

    A box with a NaN overlaps nothing; a negative size counts as zero.

    Args:
        boxes_a: (N, 5) centre x, centre y, size along the box's x, along its y, yaw in radians,
            counter-clockwise.
        boxes_b: (M, 5), the same.

    Returns:
        (N, M) float64 areas, in squared units of the boxes.

    Raises:
        ValueError: if an argument has another shape.
    """
    require_shape('boxes_a', boxes_a, ('N', 5))
    require_shape('boxes_b', boxes_b, ('M', 5))
    overlaps = np.zeros((len(boxes_a), len(boxes_b)))
    _fill_overlaps(box_frames(boxes_a), box_frames(boxes_b), overlaps)
    return overlaps


def rotated_iou(boxes_a: np.ndarray, boxes_b: np.ndarray, criterion: int = -1) -> np.ndarray:
    """Compute the overlap of every pair of rotated rectangles relative to their areas.

    Args:
        boxes_a: (N, 5), as for ``rotated_overlaps``.
        boxes_b: (M, 5), the same.
        criterion: what the intersection is divided by: -1 the union, 0 the area of the box of
            ``boxes_a``, 1 that of the box of ``boxes_b``.

    Returns:
        (N, M) float64; 0 where that area is zero.

    Raises:
        ValueError: if an argument has another shape or value.
    """
    if criterion not in (-1, 0, 1):
        raise ValueError(
            f'criterion must be -1 (union), 0 (area of a) or 1 (area of b), got {criterion}'
        )
    overlaps = rotated_overlaps(boxes_a, boxes_b)
    _divide_by_area(overlaps, _areas(boxes_a), _areas(boxes_b), criterion)
    return overlaps


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[:, 2:4], 0).astype(np.float64).prod(axis=1)


def box_frames(boxes: np.ndarray) -> np.ndarray:
    """Compute once per box what every pair of boxes needs.

    Args:
        boxes: (N, 5), as for ``rotated_overlaps``.

    Returns:
        (N, 7) float64: centre x, centre y, half sizes along the box's x and y, cosine and sine of
        the yaw, radius of the circle around the box.
    """
    boxes = np.asarray(boxes, dtype=np.float64)
    half = np.maximum(boxes[:, 2:4], 0) / 2
    yaw = boxes[:, 4]
    radius = np.hypot(half[:, 0], half[:, 1])
    # An infinite angle has no direction; the NaN it gives makes the box overlap nothing.
    with np.errstate(invalid='ignore'):
        return np.column_stack([boxes[:, :2], half, np.cos(yaw), np.sin(yaw), radius])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _fill_overlaps(frames_a, frames_b, overlaps):
    # Not parallel: threads started here would not survive a fork by a data loader.
    for i in range(len(frames_a)):
        for j in range(len(frames_b)):
            if circles_meet(frames_a, i, frames_b, j):
                overlaps[i, j] = pair_overlap(frames_a[i], frames_b[j])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _divide_by_area(overlaps, area_a, area_b, criterion):
    for i in range(len(area_a)):
        for j in range(len(area_b)):
            # Most pairs are apart. Where they are not, none of the areas is zero.
            if overlaps[i, j] > 0:
                if criterion == -1:
                    overlaps[i, j] /= area_a[i] + area_b[j] - overlaps[i, j]
                else:
                    overlaps[i, j] /= area_a[i] if criterion == 0 else area_b[j]


@numba.njit(cache=True, nogil=True, error_model='numpy')
def circles_meet(frames_a, i, frames_b, j):
    """Tell whether the circles around two boxes (rows i and j of ``box_frames``) intersect."""
    dx, dy = frames_a[i, 0] - frames_b[j, 0], frames_a[i, 1] - frames_b[j, 1]
    reach = frames_a[i, 6] + frames_b[j, 6]
    return dx * dx + dy * dy < reach * reach


@numba.njit(cache=True, nogil=True, error_model='numpy')
def pair_overlap(a, b):
    """Compute the intersection area of two boxes, each a row of ``box_frames``."""
    # Centre and half axes (u along a's x, v along its y) of a in the frame of b.
    cos, sin = a[4] * b[4] + a[5] * b[5], a[5] * b[4] - a[4] * b[5]
    dx, dy = a[0] - b[0], a[1] - b[1]
    x, y = dx * b[4] + dy * b[5], dy * b[4] - dx * b[5]
    if _separated(x, y, cos, sin, a[2], a[3], b[2], b[3]):
        return 0.0
    ux, uy, vx, vy = cos * a[2], sin * a[2], -sin * a[3], cos * a[3]
    hx, hy = b[2], b[3]
    # The clamped heights of a closed outline sum to zero, so any origin of x gives the same area;
    # one near the box keeps the terms, and with them the rounding errors, small.
    origin = _clamp(x, hx)
    area = (
        _edge_share(x + ux + vx, y + uy + vy, x - ux + vx, y - uy + vy, hx, hy, origin)
        + _edge_share(x - ux + vx, y - uy + vy, x - ux - vx, y - uy - vy, hx, hy, origin)
        + _edge_share(x - ux - vx, y - uy - vy, x + ux - vx, y + uy - vy, hx, hy, origin)
        + _edge_share(x + ux - vx, y + uy - vy, x + ux + vx, y + uy + vy, hx, hy, origin)
    )
    area = min(area, 4 * a[2] * a[3], 4 * b[2] * b[3])
    return area if area > 0 else 0.0


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _separated(x, y, cos, sin, ax, ay, bx, by):
    """Tell whether an axis of either box separates them; boxes that only touch are separated."""
    c, s = abs(cos), abs(sin)
    return (
        abs(x) >= bx + c * ax + s * ay
        or abs(y) >= by + s * ax + c * ay
        or abs(x * cos + y * sin) >= ax + c * bx + s * by
        or abs(y * cos - x * sin) >= ay + s * bx + c * by
    )


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _edge_share(x0, y0, x1, y1, hx, hy, origin):
    """Integrate clamp(x, -hx, hx) - origin over the part of the edge with -hy <= y <= hy."""
    ya, yb = _clamp(y0, hy), _clamp(y1, hy)
    if ya == yb:
        return 0.0
    slope = (x1 - x0) / (y1 - y0)
    xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
    ca, cb = _clamp(xa, hx), _clamp(xb, hx)
    mean = ca
    if xa != xb:
        # Lengths of the parts left and right of b, where the clamped x is constant.
        left = min(xb, -hx) - min(xa, -hx)
        right = max(xb, hx) - max(xa, hx)
        mean = (hx * (right - left) + (cb - ca) * (ca + cb) / 2) / (xb - xa)
    return (mean - origin) * (yb - ya)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _clamp(value, half):
    return min(max(value, -half), half)
