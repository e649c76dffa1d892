"""Which object each anchor is given, computed for the anchors near objects alone."""

from typing import Any

import torch
from mmdet.core.bbox.assigners import MaxIoUAssigner
from torch import Tensor

from mmdet3d.core.bbox import BboxOverlapsNearest3D


def assign_anchors(
    assigner: Any, anchors: Tensor, boxes: Tensor, labels: Tensor | None = None
) -> Tensor:
    """Do as ``assigner.assign``, which compares all anchors with all boxes, wherever that is due.

    What ``MaxIoUAssigner`` makes of an anchor that meets no box does not depend on the others, if
    boxes without a good anchor are not given one that they do not meet.

    Args:
        assigner: an mmdet assigner.
        anchors: boxes of shape (A, D).
        boxes: objects of shape (G, D).
        labels: their classes, of shape (G,).

    Returns:
        of each anchor 1 and the index of its object, 0 for background, -1 for neither; int64 of
        shape (A,).
    """
    if not (len(anchors) and len(boxes) and _leaves_far_anchors_alone(assigner)):
        return assigner.assign(anchors, boxes, None, labels).gt_inds
    near = _near(anchors, boxes).nonzero().squeeze(1)
    found = assigner.assign(anchors[near], boxes, None, labels).gt_inds
    of_a_far_one = assigner.assign_wrt_overlaps(anchors.new_zeros(len(boxes), 1)).gt_inds
    return of_a_far_one.expand(len(anchors)).clone().index_copy_(0, near, found)


def _leaves_far_anchors_alone(assigner: Any) -> bool:
    return (
        type(assigner) is MaxIoUAssigner
        and type(assigner.iou_calculator) is BboxOverlapsNearest3D
        and assigner.iou_calculator.coordinate == 'lidar'
        and (assigner.min_pos_iou > 0 or not assigner.match_low_quality)
    )


def _near(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Tell which anchors may meet a box, whatever the headings; of shape (A,)."""
    reach = (boxes[:, 3:5].norm(dim=1) + anchors[:, 3:5].amax(dim=0).norm()) / 2
    # The larger of the distances along x and y.
    apart = torch.cdist(boxes[:, :2], anchors[:, :2], p=torch.inf)
    return (apart <= reach[:, None]).any(dim=0)
