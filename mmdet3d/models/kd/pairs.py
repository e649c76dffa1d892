"""Two graph adapters as rows of pairs, for which no graph has to be in memory."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmdet3d.models.kd.adapters import GraphAdapter
from mmdet3d.models.layers import track_statistics
from mmdet3d.ops.pair_graphs import PairNorm, PairRows, pair_moments


def fits_pairs(adapters: Sequence[GraphAdapter], features: Tensor) -> bool:
    """Whether the graphs of two adapters can be compared by ``mmdet3d.ops.pair_graphs``.

    That is so on a CPU, in float32, with plain normalisation by the moments of the batch.

    Args:
        adapters: the teacher's and the student's.
        features: the features of one of them.
    """
    norms = [adapter.bn for adapter in adapters]
    return (
        features.device.type == 'cpu'
        and features.dtype == adapters[0].conv.weight.dtype == torch.float32
        and all(type(norm) is nn.BatchNorm1d and norm.training for norm in norms)
        and all(norm.affine and norm.momentum is not None for norm in norms)
        and norms[0].eps == norms[1].eps
    )


def make_pairs(
    adapters: Sequence[GraphAdapter],
    features: Sequence[Tensor],
    centres: Tensor,
    neighbours: Tensor,
) -> PairRows:
    """Return what the graphs of two networks are made of.

    Args:
        adapters: the teacher's and the student's.
        features: their features, of shape (M, C) each.
        centres: indices of shape (N,).
        neighbours: indices of shape (N, K).
    """
    convolved = [a.convolve(each, centres) for a, each in zip(adapters, features, strict=True)]
    rows, of_centres = (torch.cat(parts, dim=1) for parts in zip(*convolved, strict=True))
    return PairRows(rows, of_centres, neighbours)


def make_norm(adapters: Sequence[GraphAdapter], pairs: PairRows) -> PairNorm:
    """Return the normalisation of both graphs, and note its moments as ``nn.BatchNorm1d`` does.

    Args:
        adapters: the teacher's and the student's.
        pairs: their pairs.
    """
    norms = [adapter.bn for adapter in adapters]
    mean, variance = pair_moments(pairs)
    count = pairs.neighbours.numel()
    for norm, own, spread in zip(norms, mean.chunk(2), variance.chunk(2), strict=True):
        track_statistics(norm, own, spread, count)
    scale, shift = (
        torch.cat([getattr(norm, each) for norm in norms]) for each in ('weight', 'bias')
    )
    return PairNorm(mean, variance, scale, shift, norms[0].eps)
