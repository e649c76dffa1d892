"""The arithmetic of sparse convolutions on the CPU, forward and backward."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmdet3d.on_cpu.add_rows import add_rows

# So many products are computed before they are added up; 64 MiB of them.
_AT_ONCE = 2**24


def gather_matmul_add(
    features: Tensor, weight: Tensor, pairs: Tensor, pair_counts: Tensor, num_out: int
) -> Tensor:
    """Convolve sparse features: one gather and matrix product per kernel offset, added up.

    Args:
        features: of shape (N, in_channels), on the CPU.
        weight: weights of shape (K, in_channels, out_channels), K the size of the kernel.
        pairs: indices of the inputs and outputs that meet, one offset after the other, of shape (2,
            P).
        pair_counts: how many of the P pairs each offset has, of shape (K,).
        num_out: number M of outputs.

    Returns:
        features of shape (M, out_channels). Under autocast the products are computed in its type,
        but not added up in it.
    """
    is_low = torch.is_autocast_enabled('cpu')
    dtype = torch.get_autocast_dtype('cpu') if is_low else features.dtype
    bounds = [0, *pair_counts.cumsum(0).tolist()]
    return _GatherMatmulAdd.apply(features, weight, pairs, bounds, num_out, dtype)


class _GatherMatmulAdd(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        pairs: Tensor,
        bounds: list[int],
        num_out: int,
        dtype: torch.dtype,
    ) -> Tensor:
        rows, factors = features.to(dtype), weight.to(dtype)
        ctx.save_for_backward(rows, factors, pairs)
        ctx.bounds, ctx.types = bounds, (features.dtype, weight.dtype)
        source, target = pairs
        return _convolve(rows, factors, source, target, bounds, num_out).to(features.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        rows, factors, (source, target) = ctx.saved_tensors
        gradient = gradient.to(rows.dtype).contiguous()
        to_features = to_weight = None
        if ctx.needs_input_grad[0]:
            back = factors.transpose(1, 2)
            to_features = _convolve(gradient, back, target, source, ctx.bounds, len(rows))
            to_features = to_features.to(ctx.types[0])
        if ctx.needs_input_grad[1]:
            to_weight = torch.zeros_like(factors)
            for offset, part in _parts(ctx.bounds):
                ours = gradient.index_select(0, target[part])
                to_weight[offset] = rows.index_select(0, source[part]).t() @ ours
            to_weight = to_weight.to(ctx.types[1])
        return to_features, to_weight, None, None, None, None


def _convolve(
    rows: Tensor, factors: Tensor, source: Tensor, target: Tensor, bounds: list[int], num_out: int
) -> Tensor:
    """Return the sums of products, of shape (num_out, C'), for factors of shape (K, C, C')."""
    width = factors.shape[2]
    # In float32 at least, which is what numba knows.
    dtype = torch.promote_types(rows.dtype, torch.float32)
    sums = torch.zeros(num_out, width, dtype=dtype)
    for group in _groups(bounds, max(_AT_ONCE // width, 1)):
        first = group[0][1].start
        products = torch.empty(group[-1][1].stop - first, width, dtype=dtype)
        for offset, part in group:
            place = products[part.start - first : part.stop - first]
            gathered = rows.index_select(0, source[part])
            if rows.dtype == dtype:
                torch.mm(gathered, factors[offset], out=place)
            else:
                place.copy_(gathered @ factors[offset])
        whole = slice(first, group[-1][1].stop)
        add_rows(sums.numpy(), target[whole].numpy(), products.numpy())
    return sums


def _parts(bounds: list[int]) -> Iterator[tuple[int, slice]]:
    """Give the pairs of each offset that has any."""
    for offset, (start, stop) in enumerate(pairwise(bounds)):
        if start < stop:
            yield offset, slice(start, stop)


def _groups(bounds: list[int], limit: int) -> Iterator[list[tuple[int, slice]]]:
    """Put offsets together as long as they have no more pairs than the limit, but one at least."""
    group: list[tuple[int, slice]] = []
    for offset, part in _parts(bounds):
        if group and part.stop - group[0][1].start > limit:
            yield group
            group = []
        group.append((offset, part))
    if group:
        yield group
