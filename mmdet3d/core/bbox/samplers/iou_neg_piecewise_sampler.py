"""Sampling of proposals whose negatives come from bands of overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmdet.core.bbox import AssignResult, RandomSampler, SamplingResult
from mmdet.core.bbox.builder import BBOX_SAMPLERS


@BBOX_SAMPLERS.register_module()
class IoUNegPiecewiseSampler(RandomSampler):
    """Sample positives at random, and negatives by shares from bands of IoU.

    Band i holds the negatives whose IoU lies below ``neg_iou_piece_thrs[i]`` and not below the next
    threshold (0 after the last). The next band makes up for what a band lacks. At the end negatives
    are repeated, those of the last band if it has any, so every frame with a negative gives ``num``
    proposals. Made for Part-A2 (Shi et al., 2020), after the "hard" and "easy" negatives of
    PointRCNN (CVPR 2019), section 4.1.

    Args:
        num: number of proposals to sample.
        pos_fraction: the largest share of positives.
        neg_piece_fractions: share of the negatives for each band; the last takes what is left.
        neg_iou_piece_thrs: upper IoU of each band, descending.
        neg_pos_ub: the most negatives for each positive, unlimited below 0.
        add_gt_as_proposals: put the objects themselves before the proposals.
        return_iou: give the result ``iou``, the largest IoU of each sampled proposal with an
            object, positives first.

    Raises:
        ValueError: if the bands and their shares differ in number, there is none, or the
            thresholds do not descend.
    """

    def __init__(
        self,
        num: int,
        pos_fraction: float,
        neg_piece_fractions: Sequence[float],
        neg_iou_piece_thrs: Sequence[float],
        neg_pos_ub: float = -1,
        add_gt_as_proposals: bool = False,
        return_iou: bool = False,
    ) -> None:
        super().__init__(num, pos_fraction, neg_pos_ub, add_gt_as_proposals)
        thresholds = list(neg_iou_piece_thrs)
        if not 0 < len(neg_piece_fractions) == len(thresholds):
            raise ValueError(
                f'neg_piece_fractions={list(neg_piece_fractions)} and '
                f'neg_iou_piece_thrs={thresholds} have to describe the same bands, at least one'
            )
        if thresholds != sorted(thresholds, reverse=True):
            raise ValueError(f'neg_iou_piece_thrs has to descend, got {thresholds}')
        self.neg_piece_fractions = list(neg_piece_fractions)
        self.neg_iou_piece_thrs = thresholds
        self.return_iou = return_iou

    def sample(
        self,
        assign_result: AssignResult,
        bboxes: torch.Tensor,
        gt_bboxes: torch.Tensor,
        gt_labels: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> SamplingResult:
        """Sample the proposals of one frame.

        Args:
            assign_result: which object each proposal is assigned to, and its IoU.
            bboxes: proposals of shape (N, D).
            gt_bboxes: objects of shape (G, D).
            gt_labels: classes of shape (G,), needed with ``add_gt_as_proposals``.
            **kwargs: not used; part of mmdet's interface.

        Returns:
            what mmdet's samplers return; ``neg_inds`` may name a proposal more than once.

        Raises:
            ValueError: if ``add_gt_as_proposals`` is set and the labels are missing.
        """
        is_object = bboxes.new_zeros(len(bboxes), dtype=torch.bool)
        if self.add_gt_as_proposals and len(gt_bboxes):
            if gt_labels is None:
                raise ValueError('add_gt_as_proposals needs gt_labels, got None')
            bboxes = torch.cat([gt_bboxes, bboxes])
            is_object = torch.cat([is_object.new_ones(len(gt_bboxes)), is_object])
            assign_result.add_gt_(gt_labels)
        positives = self._sample_pos(assign_result, int(self.num * self.pos_fraction))
        number = self.num - len(positives)
        if self.neg_pos_ub >= 0:
            number = min(number, int(self.neg_pos_ub * max(1, len(positives))))
        negatives = self._sample_neg(assign_result, number)
        result = SamplingResult(
            positives, negatives, bboxes, gt_bboxes, assign_result, is_object.byte()
        )
        # mmdet gives these boxes four columns where there is no object.
        result.pos_gt_bboxes = result.pos_gt_bboxes.reshape(-1, bboxes.shape[1])
        if self.return_iou:
            result.iou = assign_result.max_overlaps[torch.cat([positives, negatives])].detach()
        return result

    def _sample_pos(
        self, assign_result: AssignResult, num_expected: int, **kwargs: Any
    ) -> torch.Tensor:
        candidates = (assign_result.gt_inds > 0).nonzero().squeeze(1)
        return self._at_most(candidates, num_expected).sort().values

    def _sample_neg(
        self, assign_result: AssignResult, num_expected: int, **kwargs: Any
    ) -> torch.Tensor:
        bands = self._bands(assign_result)
        chosen, asked = bands[0][:0], 0
        for i, band in enumerate(bands):
            asked += int(num_expected * self.neg_piece_fractions[i])
            if i == len(bands) - 1:
                asked = num_expected - len(chosen)
            drawn = self._at_most(band, asked)
            chosen, asked = torch.cat([chosen, drawn]), asked - len(drawn)
        again = bands[-1] if len(bands[-1]) else chosen
        if asked == 0 or len(again) == 0:
            return chosen
        repeats = torch.randint(len(again), (asked,)).to(again.device)
        return torch.cat([chosen, again[repeats]])

    def _bands(self, assign_result: AssignResult) -> list[torch.Tensor]:
        """Indices of the negatives in each band."""
        uppers = self.neg_iou_piece_thrs
        overlaps = assign_result.max_overlaps
        negative = assign_result.gt_inds == 0
        return [
            (negative & (overlaps >= lower) & (overlaps < upper)).nonzero().squeeze(1)
            for upper, lower in zip(uppers, [*uppers[1:], 0])
        ]

    def _at_most(self, candidates: torch.Tensor, number: int) -> torch.Tensor:
        return self.random_choice(candidates, min(number, len(candidates)))
