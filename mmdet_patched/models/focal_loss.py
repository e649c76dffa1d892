"""Focal loss that needs no compiled operator on any device."""

import torch
from mmdet.models.builder import LOSSES
from mmdet.models.losses import FocalLoss as MMDetFocalLoss
from mmdet.models.losses.focal_loss import py_sigmoid_focal_loss


@LOSSES.register_module(name='FocalLoss', force=True)
class FocalLoss(MMDetFocalLoss):
    """mmdet's ``FocalLoss``, which on a GPU would call an operator that a pip install lacks."""

    def forward(
        self,
        pred: torch.Tensor,
        target: torch.Tensor,
        weight: torch.Tensor | None = None,
        avg_factor: float | None = None,
        reduction_override: str | None = None,
    ) -> torch.Tensor:
        """Compute the loss.

        Args:
            pred: logits of shape (N, num_classes).
            target: class indices of shape (N,); num_classes stands for background.
            weight: weights of shape (N,).
            avg_factor: what the sum is divided by, instead of its length.
            reduction_override: 'none', 'mean' or 'sum' instead of the loss's own.

        Returns:
            the reduced loss, a scalar unless the reduction is 'none'.
        """
        if self.activated:
            return super().forward(pred, target, weight, avg_factor, reduction_override)
        num_classes = pred.size(1)
        one_hot = torch.nn.functional.one_hot(target.long(), num_classes + 1)[:, :num_classes]
        return self.loss_weight * py_sigmoid_focal_loss(
            pred,
            one_hot,
            weight,
            gamma=self.gamma,
            alpha=self.alpha,
            reduction=reduction_override or self.reduction,
            avg_factor=avg_factor,
        )
