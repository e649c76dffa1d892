"""Furthest point sampling in Triton: all steps in one launch."""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.in_triton.launch import EXACT

_POINTS_PER_BLOCK = 4096
_POINTS_PER_WARP = 256


def furthest_point_sample(points: torch.Tensor, num_points: int) -> torch.Tensor:
    """Choose points one by one, each the furthest from those chosen before.

    Same arguments and results as the torch version. One program per cloud, which keeps each point's
    squared distance to the nearest chosen one in global memory.
    """
    columns = points.transpose(1, 2).contiguous()
    nearest = torch.full_like(columns[:, 0], torch.inf, memory_format=torch.contiguous_format)
    chosen = torch.zeros((len(points), num_points), dtype=torch.long, device=points.device)
    size = min(_POINTS_PER_BLOCK, triton.next_power_of_2(points.shape[1]))
    if chosen.numel() > 0:
        _choose[(len(points),)](
            columns,
            nearest,
            chosen,
            points.shape[1],
            num_points,
            BLOCK=size,
            num_warps=max(1, size // _POINTS_PER_WARP),
            **EXACT,
        )
    return chosen


@triton.jit
def _choose(
    columns: tl.tensor,
    nearest: tl.tensor,
    chosen: tl.tensor,
    num_points: tl.tensor,
    num_chosen: tl.tensor,
    BLOCK: tl.constexpr,
) -> None:
    cloud = tl.program_id(0).to(tl.int64)
    x = columns + cloud * 3 * num_points
    y = x + num_points
    z = y + num_points
    nearest += cloud * num_points
    chosen += cloud * num_chosen
    last = 0
    for step in range(1, num_chosen):
        px, py, pz = tl.load(x + last), tl.load(y + last), tl.load(z + last)
        # Of the points that each lane has met: the largest distance, and the first that has it.
        largest = tl.full((BLOCK,), -1.0, tl.float32)
        place = tl.zeros((BLOCK,), tl.int32)
        for start in range(0, num_points, BLOCK):
            index = start + tl.arange(0, BLOCK)
            real = index < num_points
            dx = tl.load(x + index, mask=real, other=0.0) - px
            dy = tl.load(y + index, mask=real, other=0.0) - py
            dz = tl.load(z + index, mask=real, other=0.0) - pz
            squared = dx * dx + dy * dy + dz * dz
            near = tl.load(nearest + index, mask=real, other=0.0)
            near = tl.where(squared < near, squared, near)
            # Still infinite: a coordinate is not finite, and the distance would never shrink.
            near = tl.where(near == float('inf'), 0.0, near)
            tl.store(nearest + index, near, mask=real)
            further = real & (near > largest)
            largest = tl.where(further, near, largest)
            place = tl.where(further, index, place)
        # The next step may read by one thread what another one has written in this one.
        tl.debug_barrier()
        furthest = tl.max(largest, axis=0)
        last = tl.min(tl.where(largest == furthest, place, num_points), axis=0)
        tl.store(chosen + step, last.to(tl.int64))
