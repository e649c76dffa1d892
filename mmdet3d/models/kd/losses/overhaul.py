"""Overhaul: only what is active in the teacher, or wrongly so in the student, is compared."""

import torch
from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.layouts import as_rows
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss


@KD_LOSSES.register_module()
class Overhaul(KDLoss):
    """loss_weight * mean of 0 where r(s) <= m(t) <= 0, else (m(t) - r(s))^2.

    From Heo et al., "A Comprehensive Overhaul of Feature Distillation" (ICCV 2019), section 3:
    m(t) = max(t, margin), each channel's margin the mean of its negative values; r is a 1x1
    convolution and normalisation. Features that are published after their ReLU, as most here are,
    have no negative values, and a margin of 0.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        loss_weight: factor of this loss.
    """

    takes = frozenset({FeatureKind.VOXELS, FeatureKind.POINTS, FeatureKind.MAPS})

    def __init__(
        self, teacher_channels: int, student_channels: int, loss_weight: float = 1.0
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            loss_weight=loss_weight,
        )
        self.regressor = nn.Linear(student_channels, teacher_channels, bias=False)
        self.norm = nn.BatchNorm1d(teacher_channels)
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where there are not two positions to normalise over."""
        rows = as_rows(student)
        if len(rows) < 2:
            return 0 * (rows.sum() + sum(each.sum() for each in self.parameters()))
        target = _with_margin(as_rows(teacher.detach()))
        # Channels first and contiguous: see GraphAdapter.
        guess = self.norm(self.regressor(rows).t().contiguous()[None])[0].t()
        counts = (guess > target) | (target > 0)
        return self.loss_weight * ((target - guess).square() * counts).mean()


def _with_margin(teacher: Tensor) -> Tensor:
    negative = teacher < 0
    total = torch.where(negative, teacher, 0.0).sum(dim=0)
    return torch.maximum(teacher, total / negative.sum(dim=0).clamp(min=1))
