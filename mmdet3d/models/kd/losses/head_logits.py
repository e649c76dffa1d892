"""Predictions: the student's head is to say what the teacher's says, where there is something."""

import torch
from torch import Tensor
from torch.nn import functional

from mmcv_patched.precision import in_float32
from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss
from mmdet3d.models.kd.outputs import Predictions, flatten_outputs, residual_distance

# Where the smooth L1 of SECOND's own box loss becomes a square.
_BETA = 1 / 9


@KD_LOSSES.register_module()
class HeadLogits(KDLoss):
    """cls_weight * classes + box_weight * residuals + dir_weight * directions, at pivotal places.

    After Yang et al., "Towards Efficient 3D Object Detection with Knowledge Distillation" (NeurIPS
    2022; SparseKD), on pivotal positions: each of the three is a mean over the anchors, or points,
    that are chosen.

    * classes: sum over classes of |p_t - p_s|^gamma * BCE(p_s, p_t), the quality focal loss of Li
      et al. (NeurIPS 2020), p the sigmoid of a logit
    * residuals: smooth L1, of the sine of the difference for headings
    * directions: KL(teacher, student), where the heads tell them

    Args:
        teacher_channels: number of classes.
        student_channels: the same.
        where: 'confident', the teacher's best class score reaches ``score_thr``; or 'assigned', the
            student's assigner gives it an object of the labels.
        score_thr: for 'confident'.
        cls_weight: factor of the classes.
        box_weight: factor of the residuals.
        dir_weight: factor of the directions.
        gamma: of the quality focal loss.
        loss_weight: factor of the whole.

    Raises:
        ValueError: if an option is not what it can be.
    """

    takes = frozenset({FeatureKind.OUTPUTS})
    choices = {'where': ('confident', 'assigned')}
    not_negative = ('score_thr', 'cls_weight', 'box_weight', 'dir_weight', 'gamma', 'loss_weight')

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        where: str = 'confident',
        score_thr: float = 0.1,
        cls_weight: float = 1.0,
        box_weight: float = 0.2,
        dir_weight: float = 0.1,
        gamma: float = 2.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            where=where,
            score_thr=score_thr,
            cls_weight=cls_weight,
            box_weight=box_weight,
            dir_weight=dir_weight,
            gamma=gamma,
            loss_weight=loss_weight,
        )
        self.where = where
        self.score_thr = score_thr
        self.cls_weight = cls_weight
        self.box_weight = box_weight
        self.dir_weight = dir_weight
        self.gamma = gamma
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: HeadOutputs, teacher: HeadOutputs, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where nothing is chosen.

        Raises:
            ValueError: with 'assigned', if the batch does not say what is assigned.
        """
        ours, theirs = (flatten_outputs(each, self.student_channels) for each in (student, teacher))
        chosen = self._choose(theirs, batch)
        count = chosen.sum().clamp(min=1)
        loss = self.cls_weight * self._classes(ours.scores[chosen], theirs.scores[chosen])
        codes = ours.codes[chosen], theirs.codes[chosen].detach()
        loss = loss + self.box_weight * residual_distance(*codes, ours.has_yaw, _BETA).sum()
        if ours.directions is not None and theirs.directions is not None:
            directions = ours.directions[chosen], theirs.directions[chosen].detach()
            loss = loss + self.dir_weight * _divergence(*directions)
        return self.loss_weight * loss / count

    def _choose(self, teacher: Predictions, batch: KDBatch) -> Tensor:
        if self.where == 'confident':
            return teacher.scores.detach().amax(dim=2).sigmoid() >= self.score_thr
        if batch.assigned is None:
            raise ValueError("HeadLogits(where='assigned') needs KDBatch.assigned")
        return batch.assigned()

    def _classes(self, student: Tensor, teacher: Tensor) -> Tensor:
        target = teacher.detach().sigmoid()
        surprise = (target - student.sigmoid()).abs().pow(self.gamma)
        entropy = functional.binary_cross_entropy_with_logits(student, target, reduction='none')
        return (surprise * entropy).sum()


def _divergence(student: Tensor, teacher: Tensor) -> Tensor:
    ours, theirs = (torch.log_softmax(each, dim=1) for each in (student, teacher))
    return functional.kl_div(ours, theirs, reduction='sum', log_target=True)
