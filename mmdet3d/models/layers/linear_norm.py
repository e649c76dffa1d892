"""Batch normalisation of a linear layer's output, from what goes into the layer."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def scale_and_shift(
    norm: _BatchNorm, linear: nn.Linear, rows: Tensor, copies: Tensor, count: int
) -> tuple[Tensor, Tensor]:
    """Return the factor and the summand of each channel that ``norm`` is for ``linear(rows)``.

    The statistics of a linear layer's output follow from the means and covariances of its input,
    which are fewer numbers; in float64 nothing is lost. ``norm`` tracks them as it does itself.

    Args:
        norm: the normalisation after ``linear``.
        linear: a layer without bias, from C to C' channels.
        rows: input of shape (R, C).
        copies: how often each row counts, of shape (R,).
        count: their sum.

    Returns:
        two tensors of shape (C',), to which gradients flow as through the normalisation.

    Raises:
        ValueError: if the statistics are to be those of a single value.
    """
    mean, var = norm.running_mean, norm.running_var
    if norm.training or mean is None or var is None:
        mean, var = _moments(linear.weight.double(), rows.double(), copies.double() / count)
    if norm.training:
        track_statistics(norm, mean.detach(), var.detach(), count)
    scale, shift = affine_of(norm, mean, var)
    return scale.to(rows), shift.to(rows)


def affine_of(norm: _BatchNorm, mean: Tensor, var: Tensor) -> tuple[Tensor, Tensor]:
    """Return the factor and the summand of each channel that ``norm`` is by these statistics.

    Args:
        norm: the normalisation.
        mean: of each channel, of shape (C,).
        var: biased variances, likewise.

    Returns:
        two tensors of shape (C,), in float64, to which gradients flow.
    """
    scale = (var.double() + norm.eps).rsqrt()
    shift = -mean.double() * scale
    if norm.affine:
        scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
    return scale, shift


def _moments(weight: Tensor, rows: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Means and variances, of shape (C',), of the product of rows with a weight (C', C)."""
    mean = shares @ rows
    centred = rows - mean
    covariance = (centred * shares[:, None]).t() @ centred
    return weight @ mean, ((weight @ covariance) * weight).sum(dim=1)


@torch.no_grad()
def track_statistics(norm: _BatchNorm, mean: Tensor, var: Tensor, count: int) -> None:
    """Do what ``norm`` does with the statistics of a batch in training.

    Args:
        norm: the normalisation.
        mean: of each channel, of shape (C,).
        var: biased variances, likewise.
        count: how many values each is of.

    Raises:
        ValueError: if that is a single one.
    """
    if count < 2:
        raise ValueError(f'expected two values per channel or more in training, got {count}')
    batches, mean_so_far, var_so_far = (
        norm.num_batches_tracked if norm.track_running_stats else None,
        norm.running_mean,
        norm.running_var,
    )
    if batches is None or mean_so_far is None or var_so_far is None:
        return
    batches.add_(1)
    # Without a momentum it is the mean over all batches.
    momentum = norm.momentum if norm.momentum is not None else 1 / batches.item()
    mean_so_far.lerp_(mean.to(mean_so_far), momentum)
    var_so_far.lerp_((var * count / (count - 1)).to(var_so_far), momentum)
