"""The difference of two networks' graphs of (neighbour, centre) pairs, on the CPU.

The same figures as ``GraphAdapter`` and ``graph_distance`` give in torch, without the N x K x C
values of the pairs ever being in memory. Gradients are computed with the loss: they are sums over
the pairs of each neighbour and of each centre.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmdet3d.on_cpu import pair_graphs as on_cpu


class PairRows(NamedTuple):
    """What the values of pairs are made of: a neighbour's row and a centre's are added.

    Attributes:
        rows: of M neighbours, the one network's values and then the other's, float32 of shape (M,
            2C).
        centres: of the centres, likewise, float32 of shape (N, 2C).
        neighbours: the neighbours of each centre, int64 of shape (N, K).
    """

    rows: Tensor
    centres: Tensor
    neighbours: Tensor

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return them as arrays."""
        rows, centres, neighbours = (each.detach().contiguous().numpy() for each in self)
        return rows, centres, neighbours


class PairNorm(NamedTuple):
    """Batch normalisation of the values of pairs.

    Attributes:
        mean: of each column over all pairs, float64 of shape (2C,).
        variance: biased, likewise.
        scale: what normalised values are multiplied with, float32 of shape (2C,).
        shift: what is added then, likewise.
        eps: added to the variance.
    """

    mean: Tensor
    variance: Tensor
    scale: Tensor
    shift: Tensor
    eps: float

    def inverse(self) -> Tensor:
        """Return what values less their mean are multiplied with, float64 of shape (2C,)."""
        return (self.variance + self.eps).rsqrt()

    def array(self) -> np.ndarray:
        """Return the two affine maps one after the other, float32 of shape (4, 2C)."""
        inverse = self.inverse()
        maps = [inverse, -self.mean * inverse, self.scale.detach(), self.shift.detach()]
        return torch.stack([each.float() for each in maps]).numpy()


def pair_moments(pairs: PairRows) -> tuple[Tensor, Tensor]:
    """Compute mean and biased variance of each column over all pairs, float64 of shape (2C,).

    Args:
        pairs: the pairs, on the CPU.
    """
    mean, variance = on_cpu.pair_moments(*pairs.arrays())
    return torch.from_numpy(mean), torch.from_numpy(variance)


def pair_maxima(pairs: PairRows, norm: PairNorm) -> Tensor:
    """Find the first network's largest value around each centre, float32 of shape (N,).

    Args:
        pairs: the pairs, on the CPU.
        norm: their normalisation.
    """
    return torch.from_numpy(on_cpu.pair_maxima(*pairs.arrays(), norm.array()))


def pair_distance(pairs: PairRows, norm: PairNorm, weights: Tensor) -> Tensor:
    """Return the mean of w_i * (T - S)^2 over centres i, neighbours and C channels, a scalar.

    T and S are the two networks' normalised values, 0 where these are negative. The gradient
    reaches the rows, those of the centres, scale and shift, also by mean and variance.

    Args:
        pairs: the pairs, on the CPU.
        norm: their normalisation, with their own moments.
        weights: weight of each centre, of shape (N,).
    """
    return _PairDistance.apply(
        pairs.rows, pairs.centres, norm.scale, norm.shift, pairs, norm, weights
    )


class _PairDistance(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        centres: Tensor,
        scale: Tensor,
        shift: Tensor,
        pairs: PairRows,
        norm: PairNorm,
        weights: Tensor,
    ) -> Tensor:
        """Compute the loss, and the gradients if any is asked for."""
        neighbours = pairs.neighbours
        count = neighbours.numel() * rows.shape[1] // 2
        of_rows, of_centres, index = pairs.arrays()
        weigh = weights.detach().float().contiguous().numpy()
        ones, maps = np.ones(len(rows), np.float32), norm.array()
        bounds = np.arange(len(index) + 1) * index.shape[1]
        squares, of_each = on_cpu.compare_pairs(
            of_centres, of_rows, bounds, index.ravel(), weigh, ones, maps
        )
        if any(ctx.needs_input_grad):
            bounds, lists = on_cpu.centres_of_rows(index, len(rows))
            _, sums = on_cpu.compare_pairs(of_rows, of_centres, bounds, lists, ones, weigh, maps)
            ctx.save_for_backward(*_gradients(of_each, sums, np.diff(bounds), norm, count))
        return torch.tensor(squares.sum() / count, dtype=rows.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradients that the forward pass has computed."""
        return *(slope * each for each in ctx.saved_tensors), None, None, None


def _gradients(
    of_centres: np.ndarray, of_rows: np.ndarray, pairs: np.ndarray, norm: PairNorm, count: int
) -> tuple[Tensor, ...]:
    """Make the gradients of rows, centres, scale and shift out of sums over pairs.

    Args:
        of_centres: of shape (N, 3, 2C), see ``on_cpu.compare_pairs``.
        of_rows: of shape (M, 3, 2C), likewise.
        pairs: number of pairs of each row, of shape (M,).
        norm: the normalisation.
        count: number of values that the loss averages.
    """
    shift, scale, _ = torch.from_numpy(of_centres.sum(axis=0, dtype=np.float64)) / count
    total = int(pairs.sum())
    factor = norm.scale.detach().double() * norm.inverse()

    def through_norm(sums: np.ndarray, num_pairs: Tensor) -> Tensor:
        slopes, _, normalised = torch.from_numpy(sums).unbind(1)
        lost = (num_pairs * shift + normalised * scale) / total
        return (factor * (slopes / count - lost)).float()

    each = torch.full((len(of_centres), 1), total // len(of_centres))
    rows = through_norm(of_rows, torch.from_numpy(pairs)[:, None])
    return rows, through_norm(of_centres, each), scale.float(), shift.float()
