"""The first points inside each box, in Triton."""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.in_triton.first_indices import append
from mmdet3d.ops.on_device.in_triton.launch import EXACT
from mmdet3d.ops.on_device.in_triton.points_in_boxes import is_inside
from mmdet3d.ops.on_device.points_in_boxes import box_frames

_POINTS_PER_BLOCK = 1024


def first_inside(
    points: torch.Tensor, boxes: torch.Tensor, limit: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the first points inside each box, in the order of the cloud.

    Same arguments and results as ``on_cpu.roi_point_pool.first_inside``, as tensors. One program
    per box, which stops when its list is full.
    """
    count = torch.zeros(boxes.shape[:2], dtype=torch.long, device=boxes.device)
    index = count.new_zeros((*count.shape, limit))
    if count.numel() > 0:
        _collect[(count.numel(),)](
            points.transpose(1, 2).contiguous(),
            box_frames(boxes).contiguous(),
            index,
            count,
            points.shape[1],
            boxes.shape[1],
            limit,
            BLOCK=_POINTS_PER_BLOCK,
            **EXACT,
        )
    return index, count


@triton.jit(do_not_specialize=['num_boxes', 'limit'])
def _collect(
    columns: tl.tensor,
    frames: tl.tensor,
    listed: tl.tensor,
    counts: tl.tensor,
    num_points: tl.tensor,
    num_boxes: tl.tensor,
    limit: tl.tensor,
    BLOCK: tl.constexpr,
) -> None:
    row = tl.program_id(0).to(tl.int64)
    x = columns + row // num_boxes * 3 * num_points
    y = x + num_points
    z = y + num_points
    listed += row * limit
    count = 0
    start = 0
    while (start < num_points) & (count < limit):
        index = start + tl.arange(0, BLOCK)
        real = index < num_points
        inside = is_inside(
            tl.load(x + index, mask=real, other=0.0),
            tl.load(y + index, mask=real, other=0.0),
            tl.load(z + index, mask=real, other=0.0),
            frames + row * 8,
            True,
        )
        count = append(listed, real & inside, index, count, limit)
        start += BLOCK
    tl.store(counts + row, tl.minimum(count, limit))
