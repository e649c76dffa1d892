"""Which points lie around each centre, in Triton."""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.ball_query import fill_up
from mmdet3d.ops.on_device.in_triton.first_indices import append
from mmdet3d.ops.on_device.in_triton.launch import EXACT

_POINTS_PER_BLOCK = 1024


def ball_query(
    low: float, high: float, num_samples: int, points: torch.Tensor, centres: torch.Tensor
) -> torch.Tensor:
    """Find the first points of each cloud that lie in a shell around each centre.

    Same arguments and results as ``on_cpu.ball_query.ball_query``, as tensors. One program per
    centre, which stops when its list is full.
    """
    count = torch.zeros(centres.shape[:2], dtype=torch.long, device=centres.device)
    index = count.new_zeros((*count.shape, num_samples))
    columns = points.transpose(1, 2).contiguous()
    if count.numel() > 0:
        _query[(count.numel(),)](
            columns,
            centres.contiguous(),
            index,
            count,
            float(low),
            float(high),
            points.shape[1],
            centres.shape[1],
            num_samples,
            BLOCK=_POINTS_PER_BLOCK,
            **EXACT,
        )
    return fill_up(index, count)


@triton.jit(do_not_specialize=['num_centres', 'num_samples'])
def _query(
    columns: tl.tensor,
    centres: tl.tensor,
    listed: tl.tensor,
    counts: tl.tensor,
    low: tl.tensor,
    high: tl.tensor,
    num_points: tl.tensor,
    num_centres: tl.tensor,
    num_samples: tl.tensor,
    BLOCK: tl.constexpr,
) -> None:
    row = tl.program_id(0).to(tl.int64)
    x = columns + row // num_centres * 3 * num_points
    y = x + num_points
    z = y + num_points
    listed += row * num_samples
    cx = tl.load(centres + row * 3)
    cy = tl.load(centres + row * 3 + 1)
    cz = tl.load(centres + row * 3 + 2)
    count = 0
    start = 0
    while (start < num_points) & (count < num_samples):
        index = start + tl.arange(0, BLOCK)
        real = index < num_points
        dx = tl.load(x + index, mask=real, other=0.0) - cx
        dy = tl.load(y + index, mask=real, other=0.0) - cy
        dz = tl.load(z + index, mask=real, other=0.0) - cz
        squared = dx * dx + dy * dy + dz * dz
        in_shell = ((squared < high) & (squared >= low)) | (squared == 0)
        count = append(listed, real & in_shell, index, count, num_samples)
        start += BLOCK
    tl.store(counts + row, tl.minimum(count, num_samples))
