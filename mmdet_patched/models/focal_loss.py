"""Focal loss that needs no compiled operator on any device."""

from typing import Any

import torch
from mmdet.models.builder import LOSSES
from mmdet.models.losses import FocalLoss as MMDetFocalLoss
from mmdet.models.losses.utils import weight_reduce_loss
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional


@LOSSES.register_module(name='FocalLoss', force=True)
class FocalLoss(MMDetFocalLoss):
    """mmdet's ``FocalLoss``, which on a GPU would call an operator that a pip install lacks.

    From "Focal Loss for Dense Object Detection" (ICCV 2017), equation 5. The gradient is computed
    with the loss, as nearly all of it is that of background.
    """

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        avg_factor: float | None = None,
        reduction_override: str | None = None,
    ) -> Tensor:
        """Compute the loss.

        Args:
            pred: logits of shape (N, num_classes).
            target: class indices of shape (N,); num_classes stands for background.
            weight: weights of shape (N,), or (N, num_classes).
            avg_factor: what the sum is divided by, instead of its length.
            reduction_override: 'none', 'mean' or 'sum' instead of the loss's own.

        Returns:
            the reduced loss, a scalar unless the reduction is 'none'.
        """
        if self.activated:
            return super().forward(pred, target, weight, avg_factor, reduction_override)
        losses = _SigmoidFocal.apply(pred, target, self.gamma, self.alpha)
        if weight is not None:
            weight = weight[:, None] if weight.shape == target.shape else weight.view_as(losses)
        reduction = reduction_override or self.reduction
        return self.loss_weight * weight_reduce_loss(losses, weight, reduction, avg_factor)


class _SigmoidFocal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor, gamma: float, alpha: float) -> Tensor:
        losses, slopes = _of_background(logits, gamma, 1 - alpha)
        rows = (target < logits.shape[1]).nonzero().squeeze(1)
        own = rows, target[rows].long()
        # An object is to its class what background is to the opposite logit.
        losses[own], slopes[own] = _of_background(-logits[own], gamma, alpha)
        slopes[own] *= -1
        ctx.save_for_backward(slopes)
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (slopes,) = ctx.saved_tensors
        return slopes * gradient, None, None, None


def _of_background(logits: Tensor, gamma: float, factor: float) -> tuple[Tensor, Tensor]:
    """Return ``-factor * p**gamma * log(1 - p)`` of each logit, and its derivative."""
    probability, surprise = logits.sigmoid(), functional.softplus(logits)
    power = (probability.square() if gamma == 2 else probability.pow(gamma)).mul_(factor)
    slopes = (1 - probability).mul_(surprise).mul_(gamma).add_(probability).mul_(power)
    return power.mul_(surprise), slopes
