"""Similarities: what the teacher finds alike is to be alike for the student."""

from torch import Tensor
from torch.nn import functional

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.layouts import as_rows, most_important
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss


@KD_LOSSES.register_module()
class SimilarityPreserving(KDLoss):
    """loss_weight * |G_t - G_s|^2 / n^2, G the similarities Q Q^T with rows of length 1.

    From Tung and Mori, "Similarity-Preserving Knowledge Distillation" (ICCV 2019), section 3.
    Their rows Q are the images of a batch; a batch of clouds is too small for that, so here
    they are its n most important voxels, points or cells. There is nothing to train, and the
    widths may differ.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        num_samples: n, of the whole batch.
        loss_weight: factor of this loss.
    """

    takes = frozenset({FeatureKind.VOXELS, FeatureKind.POINTS, FeatureKind.MAPS})
    positive = ('num_samples',)

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        num_samples: int = 1024,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            num_samples=num_samples,
            loss_weight=loss_weight,
        )
        self.num_samples = num_samples
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where there is no position."""
        chosen = most_important(teacher, batch, self.num_samples)
        ours, theirs = (
            _similarities(as_rows(each)[chosen]) for each in (student, teacher.detach())
        )
        return self.loss_weight * (theirs - ours).square().sum() / max(1, len(chosen)) ** 2


def _similarities(rows: Tensor) -> Tensor:
    return functional.normalize(rows @ rows.t(), dim=1)
