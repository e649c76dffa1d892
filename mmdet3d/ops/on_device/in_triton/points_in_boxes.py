"""Which points lie in which boxes, in Triton."""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.in_triton.launch import EXACT
from mmdet3d.ops.on_device.points_in_boxes import box_frames

_POINTS_PER_BLOCK = 32
_BOXES_PER_BLOCK = 32


def batched_points_in_boxes(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Tell which points lie in which boxes of the same cloud.

    Same arguments and results as the torch version. One program per block of points and boxes.
    """
    clouds, num_points, num_boxes = len(points), points.shape[1], boxes.shape[1]
    inside = torch.zeros((clouds, num_points, num_boxes), dtype=torch.int8, device=points.device)
    boxes_across = triton.cdiv(num_boxes, _BOXES_PER_BLOCK)
    blocks = triton.cdiv(num_points, _POINTS_PER_BLOCK) * boxes_across
    if inside.numel() > 0:
        _compare[(clouds * blocks,)](
            points.transpose(1, 2).contiguous(),
            box_frames(boxes).contiguous(),
            inside,
            num_points,
            num_boxes,
            blocks,
            boxes_across,
            POINTS=_POINTS_PER_BLOCK,
            BOXES=_BOXES_PER_BLOCK,
            **EXACT,
        )
    return inside.view(torch.bool)


@triton.jit(do_not_specialize=['num_points', 'num_boxes', 'blocks', 'boxes_across'])
def _compare(
    columns: tl.tensor,
    frames: tl.tensor,
    inside: tl.tensor,
    num_points: tl.tensor,
    num_boxes: tl.tensor,
    blocks: tl.tensor,
    boxes_across: tl.tensor,
    POINTS: tl.constexpr,
    BOXES: tl.constexpr,
) -> None:
    cloud = (tl.program_id(0) // blocks).to(tl.int64)
    block = tl.program_id(0) % blocks
    i = (block // boxes_across * POINTS + tl.arange(0, POINTS))[:, None]
    j = (block % boxes_across * BOXES + tl.arange(0, BOXES))[None, :]
    x = columns + cloud * 3 * num_points + i
    y = x + num_points
    z = y + num_points
    frame = frames + (cloud * num_boxes + j) * 8
    real_point, real_box = i < num_points, j < num_boxes
    found = is_inside(
        tl.load(x, mask=real_point, other=0.0),
        tl.load(y, mask=real_point, other=0.0),
        tl.load(z, mask=real_point, other=0.0),
        frame,
        real_box,
    )
    place = (cloud * num_points + i) * num_boxes + j
    tl.store(inside + place, found.to(tl.int8), mask=real_point & real_box)


@triton.jit
def is_inside(
    x: tl.tensor, y: tl.tensor, z: tl.tensor, frame: tl.tensor, real_box: tl.tensor
) -> tl.tensor:
    """Tell which points lie in which boxes.

    Args:
        x: of the points, float64.
        y: the same.
        z: the same.
        frame: pointers to rows of ``box_frames``, of a shape that goes with the points'.
        real_box: which of these may be read.
    """
    dx = x - tl.load(frame, mask=real_box, other=0.0)
    dy = y - tl.load(frame + 1, mask=real_box, other=0.0)
    dz = z - tl.load(frame + 2, mask=real_box, other=0.0)
    half_length = tl.load(frame + 3, mask=real_box, other=0.0)
    half_width = tl.load(frame + 4, mask=real_box, other=0.0)
    half_height = tl.load(frame + 5, mask=real_box, other=0.0)
    cos = tl.load(frame + 6, mask=real_box, other=0.0)
    sin = tl.load(frame + 7, mask=real_box, other=0.0)
    return (
        (tl.abs(dz) <= half_height)
        & (tl.abs(dx * cos + dy * sin) < half_length)
        & (tl.abs(dy * cos - dx * sin) < half_width)
    )
