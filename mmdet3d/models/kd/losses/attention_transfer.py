"""Attention: where a network's feature is strong, whatever its channels mean."""

from torch import Tensor

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.layouts import as_rows, frames_of
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss

# Below this the attention of a whole cloud has no direction.
_EPS = 1e-12


@KD_LOSSES.register_module()
class AttentionTransfer(KDLoss):
    """loss_weight * mean over clouds of |q_s / |q_s| - q_t / |q_t||^2, q = sum over channels |F|^p.

    From Zagoruyko and Komodakis, "Paying More Attention to Attention" (ICLR 2017), equation 2, with
    the square of the norm, as in their code. The attention of a cloud is over all of its voxels,
    points or cells. There is nothing to train, and the widths may differ.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        power: p.
        loss_weight: factor of this loss.
    """

    takes = frozenset({FeatureKind.VOXELS, FeatureKind.POINTS, FeatureKind.MAPS})
    positive = ('power',)

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        power: float = 2.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            power=power,
            loss_weight=loss_weight,
        )
        self.power = power
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where there is no position."""
        frames = frames_of(student, batch)
        if len(frames) == 0:
            return 0 * student.sum()
        count = int(frames.max()) + 1
        ours = self._attention(student, frames, count)
        theirs = self._attention(teacher.detach(), frames, count)
        return self.loss_weight * (ours - theirs).square().sum() / count

    def _attention(self, feature: Tensor, frames: Tensor, count: int) -> Tensor:
        energy = as_rows(feature).abs().pow(self.power).sum(dim=1)
        squares = energy.new_zeros(count).index_add(0, frames, energy.square())
        return energy / squares.clamp(min=_EPS).sqrt()[frames]
