"""What each proposal should predict: how well it fits, and the object relative to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mmdet.core.bbox import SamplingResult
from torch import Tensor

from mmdet3d.core.bbox import bbox_overlaps_3d, limit_period, rotation_3d_in_axis
from mmdet3d.models.object_weights import Truth


@dataclass
class RoITargets:
    """Targets of the R sampled proposals of a batch, P of them on an object.

    Attributes:
        scores: the score each should get, in [0, 1], of shape (R,).
        score_weights: the weight of the object that the score is of, 1 of background, of shape
            (R,).
        positive: whether it is on an object, of shape (R,).
        residuals: codes of the objects, of shape (P, 7).
        gt_boxes: the objects themselves, of shape (P, 7).
        weights: their weights, of shape (P,).
    """

    scores: Tensor
    score_weights: Tensor
    positive: Tensor
    residuals: Tensor
    gt_boxes: Tensor
    weights: Tensor


@torch.no_grad()
def roi_targets(
    samples: Sequence[SamplingResult],
    truths: Sequence[Truth],
    cfg: Mapping[str, float],
    encode: Callable[[Tensor, Tensor], Tensor],
) -> RoITargets:
    """Make the targets of the sampled proposals of a batch.

    Args:
        samples: the proposals of each sample, with their ``iou``.
        truths: what is to be learnt of each.
        cfg: ``cls_pos_thr`` and ``cls_neg_thr``.
        encode: gives the residuals from proposals to objects.
    """
    overlaps = torch.cat([each.iou for each in samples])
    positive = [torch.arange(len(each.bboxes)) < len(each.pos_bboxes) for each in samples]
    rois = torch.cat([each.pos_bboxes for each in samples])
    objects = torch.cat([each.pos_gt_bboxes for each in samples])
    low, high = cfg['cls_neg_thr'], cfg['cls_pos_thr']
    weights = [truth.weights[each.pos_assigned_gt_inds] for each, truth in zip(samples, truths)]
    others = [_weights_of_negatives(*each, low) for each in zip(samples, truths)]
    return RoITargets(
        scores=score_targets(overlaps, low, high),
        score_weights=torch.cat([each for pair in zip(weights, others) for each in pair]),
        positive=torch.cat(positive).to(overlaps.device),
        residuals=canonical_residuals(rois, objects, encode),
        gt_boxes=objects,
        weights=torch.cat(weights),
    )


def _weights_of_negatives(sample: SamplingResult, truth: Truth, low: float) -> Tensor:
    """Weights of the scores of proposals that are close to an object, the nearest, or to none."""
    boxes = sample.neg_bboxes
    close = sample.iou[len(sample.pos_bboxes) :] > low
    weights = boxes.new_ones(len(boxes))
    if close.any():
        overlaps = bbox_overlaps_3d(boxes[close], truth.boxes.tensor, coordinate='lidar')
        weights[close] = truth.weights[overlaps.argmax(dim=1)]
    return weights


def score_targets(overlaps: Tensor, low: float, high: float) -> Tensor:
    """Return scores that rise linearly with the IoU, from 0 at ``low`` to 1 at ``high``.

    As in Part-A2 (Shi et al., 2020), section 3.3.

    Args:
        overlaps: IoU of each proposal with its object, of shape (R,).
        low: the IoU up to which the score is 0.
        high: the IoU from which the score is 1.
    """
    return ((overlaps - low) / (high - low)).clamp(min=0, max=1)


def canonical_residuals(
    rois: Tensor, objects: Tensor, encode: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """Express objects in the frames of their proposals.

    An object that faces backwards is turned around, so that the difference of headings lies in
    [-pi / 2, pi / 2). The second stage does not correct which end of a proposal is its front.

    Args:
        rois: proposals of shape (P, 7), z at the bottom.
        objects: an object for each, of shape (P, 7).
        encode: gives the residuals from boxes to boxes.

    Returns:
        residuals of shape (P, 7).
    """
    offsets = (objects[:, :3] - rois[:, :3])[:, None]
    local = rotation_3d_in_axis(offsets, -rois[:, 6], axis=2)[:, 0]
    turn = limit_period(objects[:, 6:7] - rois[:, 6:7], 0.5, np.pi)
    anchors = torch.zeros_like(rois)
    anchors[:, 3:6] = rois[:, 3:6]
    return encode(anchors, torch.cat([local, objects[:, 3:6], turn], dim=1))
