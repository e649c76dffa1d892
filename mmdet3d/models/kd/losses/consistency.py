"""Consistency: each object that both networks find is to be found alike."""

import torch
from torch import Tensor
from torch.nn import functional

from mmcv_patched.precision import in_float32
from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss
from mmdet3d.models.kd.outputs import Predictions, flatten_outputs, residual_distance
from mmdet3d.ops import boxes_iou_bev

_BEV = [0, 1, 3, 4, 6]


@KD_LOSSES.register_module()
class Consistency(KDLoss):
    """box_weight * boxes + cls_weight * scores, over student boxes that overlap one of the teacher.

    From Zheng et al., "SE-SSD: Self-Ensembling Single-Stage Object Detector From Point Cloud" (CVPR
    2021), section 3.3: of the confident boxes of both networks, each of the student's goes with the
    teacher's that it overlaps most, if by more than ``iou_thr``. The two terms are smooth L1 of the
    differences, of boxes in metres (of headings, the sine), a mean over their seven numbers, and of
    class scores. Here the overlap is seen from above, and both are means over the pairs.

    Args:
        teacher_channels: number of classes.
        student_channels: the same.
        score_thr: score above which a box counts.
        iou_thr: overlap above which a pair counts.
        max_boxes: the most confident boxes of each cloud and network that are looked at.
        box_weight: factor of the boxes.
        cls_weight: factor of the scores.
        loss_weight: factor of the whole.
    """

    takes = frozenset({FeatureKind.OUTPUTS})
    positive = ('max_boxes',)
    not_negative = ('score_thr', 'iou_thr', 'box_weight', 'cls_weight', 'loss_weight')

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        score_thr: float = 0.3,
        iou_thr: float = 0.7,
        max_boxes: int = 500,
        box_weight: float = 1.0,
        cls_weight: float = 1.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            score_thr=score_thr,
            iou_thr=iou_thr,
            max_boxes=max_boxes,
            box_weight=box_weight,
            cls_weight=cls_weight,
            loss_weight=loss_weight,
        )
        self.score_thr = score_thr
        self.iou_thr = iou_thr
        self.max_boxes = max_boxes
        self.box_weight = box_weight
        self.cls_weight = cls_weight
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: HeadOutputs, teacher: HeadOutputs, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where no two boxes overlap.

        Raises:
            ValueError: if the batch does not say how boxes are decoded.
        """
        ours, theirs = (flatten_outputs(each, self.student_channels) for each in (student, teacher))
        losses = [self._of_sample(i, ours, theirs, batch) for i in range(len(ours.scores))]
        total, count = (sum(each) for each in zip(*losses))
        return self.loss_weight * total / max(1, count)

    def _of_sample(
        self, sample: int, student: Predictions, teacher: Predictions, batch: KDBatch
    ) -> tuple[Tensor, int]:
        """Return the summed loss of a sample's pairs, and their number."""
        boxes, scores = self._confident(sample, student, batch)
        with torch.no_grad():
            their_boxes, their_scores = self._confident(sample, teacher, batch)
        if len(boxes) == 0 or len(their_boxes) == 0:
            return 0 * boxes.sum() + 0 * scores.sum(), 0
        overlap, mate = boxes_iou_bev(boxes[:, _BEV], their_boxes[:, _BEV]).max(dim=1)
        paired = overlap > self.iou_thr
        mate = mate[paired]
        apart = residual_distance(boxes[paired, :7], their_boxes[mate, :7], has_yaw=True, beta=1.0)
        surprise = functional.smooth_l1_loss(
            scores[paired].sigmoid(), their_scores[mate].sigmoid(), reduction='sum'
        )
        return self.box_weight * apart.sum() / 7 + self.cls_weight * surprise, len(mate)

    def _confident(
        self, sample: int, predictions: Predictions, batch: KDBatch
    ) -> tuple[Tensor, Tensor]:
        if batch.decode is None:
            raise ValueError('Consistency needs KDBatch.decode, the boxes that codes stand for')
        best, labels = predictions.scores[sample].max(dim=1)
        rows = best.topk(min(self.max_boxes, len(best))).indices
        rows = rows[best[rows].sigmoid() > self.score_thr]
        codes = predictions.codes[sample, rows]
        return batch.decode(sample, rows, codes, labels[rows]), predictions.scores[sample, rows]
