"""Overlaps of rotated rectangles in Triton, by the formula of ``on_cpu.rotated_iou``."""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.in_triton.launch import EXACT
from mmdet3d.ops.on_device.rotated_iou import box_frames, divide_by_union

# Two pairs per thread: a pair takes many registers.
_ROWS_PER_BLOCK = 8
_COLUMNS_PER_BLOCK = 32
_WARPS = 4


def rotated_overlaps(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection area of every pair of rotated rectangles.

    Same arguments and results as the torch version. One program per block of pairs.
    """
    overlaps = boxes_a.new_zeros((len(boxes_a), len(boxes_b)))
    across = triton.cdiv(len(boxes_b), _COLUMNS_PER_BLOCK)
    if overlaps.numel() > 0:
        _fill_overlaps[(triton.cdiv(len(boxes_a), _ROWS_PER_BLOCK) * across,)](
            frame_columns(boxes_a),
            frame_columns(boxes_b),
            overlaps,
            len(boxes_a),
            len(boxes_b),
            across,
            ROWS=_ROWS_PER_BLOCK,
            COLUMNS=_COLUMNS_PER_BLOCK,
            num_warps=_WARPS,
            **EXACT,
        )
    return overlaps


def rotated_iou(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection over union of every pair; 0 where the union is empty.

    Same arguments and results as the torch version.
    """
    return divide_by_union(rotated_overlaps(boxes_a, boxes_b), boxes_a, boxes_b)


def frame_columns(boxes: torch.Tensor) -> torch.Tensor:
    """Compute what :func:`overlap` needs of boxes of shape (N, 5): float64 of shape (7, N)."""
    return box_frames(boxes).T.contiguous()


@triton.jit(do_not_specialize=['num_a', 'num_b', 'across'])
def _fill_overlaps(
    frames_a: tl.tensor,
    frames_b: tl.tensor,
    overlaps: tl.tensor,
    num_a: tl.tensor,
    num_b: tl.tensor,
    across: tl.tensor,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
) -> None:
    i = (tl.program_id(0) // across * ROWS + tl.arange(0, ROWS))[:, None]
    j = (tl.program_id(0) % across * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    area = overlap(frames_a, i, num_a, frames_b, j, num_b)
    tl.store(overlaps + i.to(tl.int64) * num_b + j, area, mask=(i < num_a) & (j < num_b))


@triton.jit
def overlap(
    frames_a: tl.tensor,
    i: tl.tensor,
    num_a: tl.tensor,
    frames_b: tl.tensor,
    j: tl.tensor,
    num_b: tl.tensor,
) -> tl.tensor:
    """Compute the intersection areas of boxes i and j, zero where there is no such box.

    Args:
        frames_a: pointer to columns as of :func:`frame_columns`.
        i: int32, indices of boxes.
        num_a: how many boxes there are.
        frames_b: the same for the other box.
        j: the same, of a shape that goes with i's.
        num_b: the same.
    """
    ax, ay, a_half_x, a_half_y, a_cos, a_sin, a_radius = _load_frame(frames_a, i, num_a)
    bx, by, hx, hy, b_cos, b_sin, b_radius = _load_frame(frames_b, j, num_b)
    # Centre and half axes (u along a's x, v along its y) of a in the frame of b.
    cos = a_cos * b_cos + a_sin * b_sin
    sin = a_sin * b_cos - a_cos * b_sin
    dx, dy = ax - bx, ay - by
    x, y = dx * b_cos + dy * b_sin, dy * b_cos - dx * b_sin
    ux, uy, vx, vy = cos * a_half_x, sin * a_half_x, -sin * a_half_y, cos * a_half_y
    origin = _clamp(x, hx)
    area = _edge_share(x + ux + vx, y + uy + vy, x - ux + vx, y - uy + vy, hx, hy, origin)
    area += _edge_share(x - ux + vx, y - uy + vy, x - ux - vx, y - uy - vy, hx, hy, origin)
    area += _edge_share(x - ux - vx, y - uy - vy, x + ux - vx, y + uy - vy, hx, hy, origin)
    area += _edge_share(x + ux - vx, y + uy - vy, x + ux + vx, y + uy + vy, hx, hy, origin)
    area = tl.minimum(area, tl.minimum(4 * a_half_x * a_half_y, 4 * hx * hy))
    reach = a_radius + b_radius
    meet = (dx * dx + dy * dy < reach * reach) & (area > 0)
    apart = _separated(x, y, cos, sin, a_half_x, a_half_y, hx, hy)
    return tl.where(meet & ~apart, area, 0.0)


@triton.jit
def _load_frame(frames: tl.tensor, index: tl.tensor, count: tl.tensor) -> tuple:
    frames = frames + index
    real = index < count
    x = tl.load(frames, mask=real, other=0.0)
    y = tl.load(frames + count, mask=real, other=0.0)
    half_x = tl.load(frames + count * 2, mask=real, other=0.0)
    half_y = tl.load(frames + count * 3, mask=real, other=0.0)
    cos = tl.load(frames + count * 4, mask=real, other=0.0)
    sin = tl.load(frames + count * 5, mask=real, other=0.0)
    # With NaN for its radius a box meets nothing.
    radius = tl.load(frames + count * 6, mask=real, other=float('nan'))
    return x, y, half_x, half_y, cos, sin, radius


@triton.jit
def _separated(
    x: tl.tensor,
    y: tl.tensor,
    cos: tl.tensor,
    sin: tl.tensor,
    ax: tl.tensor,
    ay: tl.tensor,
    bx: tl.tensor,
    by: tl.tensor,
) -> tl.tensor:
    """Tell whether an axis of either box separates them; boxes that only touch are separated."""
    c, s = tl.abs(cos), tl.abs(sin)
    return (
        (tl.abs(x) >= bx + c * ax + s * ay)
        | (tl.abs(y) >= by + s * ax + c * ay)
        | (tl.abs(x * cos + y * sin) >= ax + c * bx + s * by)
        | (tl.abs(y * cos - x * sin) >= ay + s * bx + c * by)
    )


@triton.jit
def _edge_share(
    x0: tl.tensor,
    y0: tl.tensor,
    x1: tl.tensor,
    y1: tl.tensor,
    hx: tl.tensor,
    hy: tl.tensor,
    origin: tl.tensor,
) -> tl.tensor:
    """Integrate clamp(x, -hx, hx) - origin over the part of the edge with -hy <= y <= hy."""
    ya, yb = _clamp(y0, hy), _clamp(y1, hy)
    slope = (x1 - x0) / tl.where(y1 == y0, 1.0, y1 - y0)
    xa, xb = x0 + (ya - y0) * slope, x0 + (yb - y0) * slope
    ca, cb = _clamp(xa, hx), _clamp(xb, hx)
    # Lengths of the parts left and right of b, where the clamped x is constant.
    left = tl.minimum(xb, -hx) - tl.minimum(xa, -hx)
    right = tl.maximum(xb, hx) - tl.maximum(xa, hx)
    step = tl.where(xa == xb, 1.0, xb - xa)
    mean = (hx * (right - left) + (cb - ca) * (ca + cb) / 2) / step
    mean = tl.where(xa == xb, ca, mean)
    return tl.where(ya == yb, 0.0, (mean - origin) * (yb - ya))


@triton.jit
def _clamp(value: tl.tensor, half: tl.tensor) -> tl.tensor:
    return tl.minimum(tl.maximum(value, -half), half)
