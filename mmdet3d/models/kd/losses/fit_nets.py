"""Hints: the student's feature, mapped to the teacher's width, is to be the teacher's."""

from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.layouts import as_rows
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss


@KD_LOSSES.register_module()
class FitNets(KDLoss):
    """loss_weight * mean((W s + b - t)^2) over voxels, points or cells.

    From Romero et al., "FitNets: Hints for Thin Deep Nets" (ICLR 2015), equation 3, with the mean
    over positions and channels in place of half the sum.

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
        self.regressor = nn.Linear(student_channels, teacher_channels)
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where there is no position."""
        guess, hint = self.regressor(as_rows(student)), as_rows(teacher.detach())
        return self.loss_weight * (guess - hint).square().sum() / max(1, hint.numel())
