"""The three nearest neighbours of each point, in Triton."""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.in_triton.launch import EXACT

_TARGETS_PER_BLOCK = 64


def three_nearest(
    targets: torch.Tensor, sources: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the three sources nearest to each target.

    Same arguments and results as ``on_cpu.three_nn.three_nearest``, as tensors. One thread per
    target, which walks over the sources.
    """
    squared = torch.full_like(targets, torch.inf, memory_format=torch.contiguous_format)
    index = torch.zeros_like(squared, dtype=torch.long)
    blocks = triton.cdiv(targets.shape[1], _TARGETS_PER_BLOCK)
    if squared.numel() > 0:
        _search[(len(targets) * blocks,)](
            targets.transpose(1, 2).contiguous(),
            sources.contiguous(),
            squared,
            index,
            targets.shape[1],
            sources.shape[1],
            blocks,
            BLOCK=_TARGETS_PER_BLOCK,
            num_warps=_TARGETS_PER_BLOCK // 32,
            **EXACT,
        )
    return squared, index


@triton.jit(do_not_specialize=['num_targets', 'num_sources', 'blocks'])
def _search(
    columns: tl.tensor,
    sources: tl.tensor,
    squared: tl.tensor,
    index: tl.tensor,
    num_targets: tl.tensor,
    num_sources: tl.tensor,
    blocks: tl.tensor,
    BLOCK: tl.constexpr,
) -> None:
    cloud = (tl.program_id(0) // blocks).to(tl.int64)
    i = tl.program_id(0) % blocks * BLOCK + tl.arange(0, BLOCK)
    real = i < num_targets
    x = columns + cloud * 3 * num_targets + i
    tx = tl.load(x, mask=real, other=0.0)
    ty = tl.load(x + num_targets, mask=real, other=0.0)
    tz = tl.load(x + num_targets + num_targets, mask=real, other=0.0)
    source = sources + cloud * 3 * num_sources
    near1 = tl.full((BLOCK,), float('inf'), tl.float32)
    near2, near3 = near1, near1
    index1 = tl.zeros((BLOCK,), tl.int32)
    index2, index3 = index1, index1
    for j in range(num_sources):
        dx, dy, dz = tx - tl.load(source), ty - tl.load(source + 1), tz - tl.load(source + 2)
        distance = dx * dx + dy * dy + dz * dz
        # Behind those equally near.
        first, second, third = distance < near1, distance < near2, distance < near3
        near3 = tl.where(second, near2, tl.where(third, distance, near3))
        index3 = tl.where(second, index2, tl.where(third, j, index3))
        near2 = tl.where(first, near1, tl.where(second, distance, near2))
        index2 = tl.where(first, index1, tl.where(second, j, index2))
        near1 = tl.where(first, distance, near1)
        index1 = tl.where(first, j, index1)
        source += 3
    row = (cloud * num_targets + i) * 3
    tl.store(squared + row, near1, mask=real)
    tl.store(squared + row + 1, near2, mask=real)
    tl.store(squared + row + 2, near3, mask=real)
    tl.store(index + row, index1.to(tl.int64), mask=real)
    tl.store(index + row + 1, index2.to(tl.int64), mask=real)
    tl.store(index + row + 2, index3.to(tl.int64), mask=real)
