"""Overlaps of rotated rectangles in torch, for devices numba does not reach.

The formula of ``on_cpu.rotated_iou``, which explains it, over all pairs at once.
"""

import torch

# Pairs compared at once. A pair takes about 400 bytes, so 2^20 of them stay below half a gigabyte.
_PAIRS_PER_CHUNK = 2**20
# Squares and products of numbers up to here are finite in float64.
_LARGEST = torch.finfo(torch.float32).max


def rotated_overlaps(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection area of every pair of rotated rectangles.

    A box that is not finite, or not positive in size, overlaps nothing.

    Args:
        boxes_a: float64 of shape (N, 5): centre x, centre y, size along the box's x, along its y,
            yaw in radians, counter-clockwise.
        boxes_b: of shape (M, 5), the same.

    Returns:
        float64 of shape (N, M), areas.
    """
    overlaps = boxes_a.new_zeros((len(boxes_a), len(boxes_b)))
    if overlaps.numel() == 0:
        return overlaps
    frames_b = box_frames(boxes_b)
    rows = max(1, _PAIRS_PER_CHUNK // len(boxes_b))
    for part, frames_a in zip(overlaps.split(rows), box_frames(boxes_a).split(rows)):
        reach = frames_a[:, None, 6] + frames_b[:, 6]
        offset = frames_a[:, None, :2] - frames_b[:, :2]
        i, j = (offset.square().sum(-1) < reach.square()).nonzero(as_tuple=True)
        part[i, j] = _pair_overlaps(frames_a[i], frames_b[j])
    return overlaps


def rotated_iou(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection over union of every pair; 0 where the union is empty.

    Args:
        boxes_a: of shape (N, 5), as for ``rotated_overlaps``.
        boxes_b: of shape (M, 5), the same.

    Returns:
        float64 of shape (N, M).
    """
    return divide_by_union(rotated_overlaps(boxes_a, boxes_b), boxes_a, boxes_b)


def divide_by_union(
    overlaps: torch.Tensor, boxes_a: torch.Tensor, boxes_b: torch.Tensor
) -> torch.Tensor:
    """Divide the areas that pairs of boxes share, of shape (N, M), by those of their unions."""
    area_a = boxes_a[:, 2:4].clamp(min=0).prod(1)[:, None]
    area_b = boxes_b[:, 2:4].clamp(min=0).prod(1)[None, :]
    union = area_a + area_b - overlaps
    # Where boxes overlap, none of them is without area.
    return torch.where(overlaps > 0, overlaps / union, 0.0)


def _sound_rectangles(boxes: torch.Tensor) -> torch.Tensor:
    """Tell which boxes are finite, within the range of float32, and positive in size.

    Same argument and result as ``on_cpu.rectangles.sound_rectangles``, as tensors.
    """
    # Whatever is compared with NaN is False.
    return (boxes.abs().amax(dim=1) <= _LARGEST) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)


def box_frames(boxes: torch.Tensor) -> torch.Tensor:
    """Compute once per box what every pair of boxes needs.

    Same argument and result as ``on_cpu.rectangles.box_frames``, as tensors.
    """
    half = boxes[:, 2:4] / 2
    yaw = boxes[:, 4:5]
    # With NaN for its radius a box meets nothing.
    radius = torch.hypot(half[:, :1], half[:, 1:])
    radius = torch.where(_sound_rectangles(boxes)[:, None], radius, torch.nan)
    return torch.cat([boxes[:, :2], half, yaw.cos(), yaw.sin(), radius], dim=1)


def _pair_overlaps(frames_a: torch.Tensor, frames_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection areas of P pairs, (P, 7) frames each."""
    a, b = frames_a.unbind(1), frames_b.unbind(1)
    # Centre and half axes (u along a's x, v along its y) of a in the frame of b.
    cos, sin = a[4] * b[4] + a[5] * b[5], a[5] * b[4] - a[4] * b[5]
    dx, dy = a[0] - b[0], a[1] - b[1]
    x, y = dx * b[4] + dy * b[5], dy * b[4] - dx * b[5]
    ux, uy, vx, vy = cos * a[2], sin * a[2], -sin * a[3], cos * a[3]
    corners_x = torch.stack([x + ux + vx, x - ux + vx, x - ux - vx, x + ux - vx])
    corners_y = torch.stack([y + uy + vy, y - uy + vy, y - uy - vy, y + uy - vy])
    area = _edge_shares(corners_x, corners_y, b[2], b[3], _clamp(x, b[2])).sum(0)
    area = torch.minimum(area, 4 * torch.minimum(a[2] * a[3], b[2] * b[3]))
    empty = _separated(x, y, cos, sin, a[2], a[3], b[2], b[3]) | ~(area > 0)
    return area.masked_fill(empty, 0.0)


def _separated(
    x: torch.Tensor,
    y: torch.Tensor,
    cos: torch.Tensor,
    sin: torch.Tensor,
    ax: torch.Tensor,
    ay: torch.Tensor,
    bx: torch.Tensor,
    by: torch.Tensor,
) -> torch.Tensor:
    """Tell whether an axis of either box separates them; boxes that only touch are separated."""
    c, s = cos.abs(), sin.abs()
    return (
        (x.abs() >= bx + c * ax + s * ay)
        | (y.abs() >= by + s * ax + c * ay)
        | ((x * cos + y * sin).abs() >= ax + c * bx + s * by)
        | ((y * cos - x * sin).abs() >= ay + s * bx + c * by)
    )


def _edge_shares(
    x0: torch.Tensor, y0: torch.Tensor, hx: torch.Tensor, hy: torch.Tensor, origin: torch.Tensor
) -> torch.Tensor:
    """Integrate clamp(x, -hx, hx) - origin over the part of each edge with -hy <= y <= hy.

    Args:
        x0: of shape (4, P), corners in counter-clockwise order; each edge runs to the next corner.
        y0: of shape (4, P), the same.
        hx: of shape (P,), half size of the box to clamp to.
        hy: of shape (P,), the same.
        origin: of shape (P,).
    """
    x1, y1 = x0.roll(-1, 0), y0.roll(-1, 0)
    ya, yb = _clamp(y0, hy), _clamp(y1, hy)
    slope = (x1 - x0) / torch.where(y1 == y0, 1.0, y1 - y0)
    xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
    ca, cb = _clamp(xa, hx), _clamp(xb, hx)
    # Lengths of the parts left and right of the box, where the clamped x is constant.
    left = torch.minimum(xb, -hx) - torch.minimum(xa, -hx)
    right = torch.maximum(xb, hx) - torch.maximum(xa, hx)
    step = torch.where(xa == xb, 1.0, xb - xa)
    mean = (hx * (right - left) + (cb - ca) * (ca + cb) / 2) / step
    return (torch.where(xa == xb, ca, mean) - origin) * (yb - ya)


def _clamp(value: torch.Tensor, half: torch.Tensor) -> torch.Tensor:
    return torch.minimum(torch.maximum(value, -half), half)
