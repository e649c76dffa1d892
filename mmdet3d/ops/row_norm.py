"""Batch normalisation in training, on the CPU, of maps whose channels come last in memory.

There torch adds up each channel of all rows in float32, one row after the other, and loses three of
seven digits. Here many rows count as one long one, so that torch adds up fewer of them; the parts
of its result are put together in float64.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# At least so many long rows, of at most so many values: that many sums fit a core's fast memory.
_LONG_ROWS, _VALUES = 512, 8192


def batch_norm_rows(
    x: Tensor, weight: Tensor, bias: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise each channel by its mean and variance.

    Args:
        x: float32 of shape (B, C, H, W), channels last, or of shape (N, C); not empty.
        weight: factor of each channel, of shape (C,).
        bias: what is added to each channel then, of shape (C,).
        eps: added to the variance.

    Returns:
        the normalised values, laid out as those given; mean and biased variance of each channel,
        float64 of shape (C,).
    """
    return _BatchNormRows.apply(x, weight, bias, eps)


class _BatchNormRows(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean, variance = _moments(_rows(x))
        ctx.mark_non_differentiable(mean, variance)
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt())
        normalised = torch.nn.functional.batch_norm(
            x, mean.float(), variance.float(), weight, bias, False, 0.0, eps
        )
        return normalised, mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *unused: Any) -> tuple[Tensor | None, ...]:
        x, weight, mean, inverse = ctx.saved_tensors
        form = torch.channels_last if x.dim() == 4 else torch.contiguous_format
        gradient = gradient.contiguous(memory_format=form)
        total, products = _sums(_rows(gradient), _rows(x), mean)
        to_x = None
        if ctx.needs_input_grad[0]:
            scale = inverse * weight
            by_x = -scale * inverse.square() * products * (len(mean) / x.numel())
            summand = -scale * total * (len(mean) / x.numel()) - by_x * mean
            by_gradient, by_x, summand = (_along(each, x) for each in (scale, by_x, summand))
            to_x = torch.addcmul(summand, x, by_x).addcmul_(gradient, by_gradient)
        return to_x, (products * inverse).to(weight), total.to(weight), None


def _moments(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance of each column."""
    long_rows, rest = _fold(rows)
    found = torch.batch_norm_update_stats(long_rows, None, None, 0.0)
    means, variances = (each.double().view(-1, rows.shape[1]) for each in found)
    count, rest = len(long_rows), rest.double()
    mean = (count * means.sum(0) + rest.sum(0)) / len(rows)
    spread = count * (variances + (means - mean).square()).sum(0) + (rest - mean).square().sum(0)
    return mean, spread / len(rows)


def _sums(gradients: Tensor, rows: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Add up the columns of gradients, and their products with how far rows are from the mean."""
    (long_gradients, rest), (long_rows, rest_of_rows) = _fold(gradients), _fold(rows)
    means = mean.float().repeat(long_rows.shape[1] // len(mean))
    ones = torch.ones_like(means)
    # What it takes for gradients of a factor and a summand are these sums.
    _, products, total = torch.ops.aten.native_batch_norm_backward(
        long_gradients, long_rows, ones, None, None, means, ones, True, 0.0, [False, True, True]
    )
    products, total = (each.double().view(-1, len(mean)).sum(0) for each in (products, total))
    products -= total * (mean - mean.float())  # what was lost when the mean was rounded
    rest = rest.double()
    return total + rest.sum(0), products + (rest * (rest_of_rows - mean)).sum(0)


def _fold(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return rows as long ones, of several each, and the few that are left."""
    count, width = rows.shape
    size = max(1, min(_VALUES // width, count // _LONG_ROWS))
    whole = count // size * size
    return rows[:whole].view(-1, size * width), rows[whole:]


def _rows(x: Tensor) -> Tensor:
    """Return all values of each channel as a column, without a copy."""
    return x.permute(0, 2, 3, 1).flatten(0, 2) if x.dim() == 4 else x


def _along(channels: Tensor, x: Tensor) -> Tensor:
    """Return a value of each channel in the form that goes with ``x``."""
    return channels.to(x).view(-1, *[1] * (x.dim() - 2))
