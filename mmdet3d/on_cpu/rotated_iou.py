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

from mmdet3d.on_cpu.rectangles import box_frames, circles_meet, relative_pose, separated
from mmdet3d.on_cpu.shapes import require_shape


def rotated_overlaps(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Compute the intersection area of every pair of rotated rectangles.

    A box that is not finite, or not positive in size, overlaps nothing.

    Args:
        boxes_a: of shape (N, 5), centre x, centre y, size along the box's x, along its y, yaw in
            radians, counter-clockwise.
        boxes_b: of shape (M, 5), the same.

    Returns:
        float64 of shape (N, M), areas, in squared units of the boxes.

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
        boxes_a: of shape (N, 5), as for ``rotated_overlaps``.
        boxes_b: of shape (M, 5), the same.
        criterion: what the intersection is divided by: -1 the union, 0 the area of the box of
            ``boxes_a``, 1 that of the box of ``boxes_b``.

    Returns:
        float64 of shape (N, M); 0 where that area is zero.

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


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _fill_overlaps(frames_a: np.ndarray, frames_b: np.ndarray, overlaps: np.ndarray) -> None:
    # Not parallel: threads started here would not survive a fork by a data loader.
    for i in range(len(frames_a)):
        for j in range(len(frames_b)):
            if circles_meet(frames_a, i, frames_b, j):
                overlaps[i, j] = pair_overlap(frames_a[i], frames_b[j])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _divide_by_area(
    overlaps: np.ndarray, area_a: np.ndarray, area_b: np.ndarray, criterion: int
) -> None:
    for i in range(len(area_a)):
        for j in range(len(area_b)):
            # Most pairs are apart. Where they are not, none of the areas is zero.
            if overlaps[i, j] > 0:
                if criterion == -1:
                    overlaps[i, j] /= area_a[i] + area_b[j] - overlaps[i, j]
                else:
                    overlaps[i, j] /= area_a[i] if criterion == 0 else area_b[j]


@numba.njit(cache=True, nogil=True, error_model='numpy')
def pair_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Compute the intersection area of two boxes, each a row of ``box_frames``."""
    x, y, cos, sin = relative_pose(a, b)
    if separated(x, y, cos, sin, a[2], a[3], b[2], b[3], 0.0):
        return 0.0
    # Half axes of a, u along its x and v along its y, in the frame of b.
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
def _edge_share(
    x0: float, y0: float, x1: float, y1: float, hx: float, hy: float, origin: float
) -> float:
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
def _clamp(value: float, half: float) -> float:
    return min(max(value, -half), half)
