"""Correlation: features agree where they rise and fall together, whatever their scale."""

from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.layouts import as_rows
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss

# Added to a variance, so that a channel that never changes has a gradient.
_EPS = 1e-12


@KD_LOSSES.register_module()
class PearsonFeature(KDLoss):
    """loss_weight * mean((n(s) - n(t))^2) / 2, n each channel less its mean over its deviation.

    From Cao et al., "PKD: General Distillation Framework for Object Detectors via Pearson
    Correlation Coefficient" (NeurIPS 2022), section 3: it is 1 less the mean correlation of
    the channels. Where the widths differ, a linear layer brings the student's to the teacher's.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        loss_weight: factor of this loss.
    """

    takes = frozenset({FeatureKind.VOXELS, FeatureKind.POINTS, FeatureKind.MAPS})

    def __init__(
        self, teacher_channels: int, student_channels: int, loss_weight: float = 6.0
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            loss_weight=loss_weight,
        )
        same = teacher_channels == student_channels
        self.adapter = (
            nn.Identity() if same else nn.Linear(student_channels, teacher_channels, bias=False)
        )
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where there are not two positions to correlate."""
        ours, theirs = self.adapter(as_rows(student)), as_rows(teacher.detach())
        if len(ours) < 2:
            return 0 * ours.sum()
        return self.loss_weight * (_normalised(ours) - _normalised(theirs)).square().mean() / 2


def _normalised(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(dim=0)
    return centred / (centred.square().mean(dim=0) + _EPS).sqrt()
