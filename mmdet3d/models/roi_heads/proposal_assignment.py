"""Which object each proposal is assigned to."""

from collections.abc import Sequence

import torch
from mmdet.core.bbox import AssignResult, BaseAssigner
from torch import Tensor

from mmdet3d.core.bbox import bbox_overlaps_3d


def assign_per_class(
    assigners: Sequence[BaseAssigner],
    proposals: Tensor,
    proposal_labels: Tensor,
    gt_boxes: Tensor,
    gt_labels: Tensor,
) -> AssignResult:
    """Assign the proposals of each class to objects of that class, by an assigner of its own.

    Args:
        assigners: one for each class.
        proposals: boxes of shape (N, 7).
        proposal_labels: their classes, of shape (N,).
        gt_boxes: objects of shape (G, 7).
        gt_labels: their classes, of shape (G,); those of no assigner's class are left out.

    Returns:
        the assignment to the G objects. Proposals of no assigner's class are background.
    """
    gt_inds = torch.zeros_like(proposal_labels)
    overlaps = proposals.new_zeros(len(proposals))
    labels = torch.full_like(proposal_labels, -1)
    for label, assigner in enumerate(assigners):
        members = proposal_labels == label
        objects = (gt_labels == label).nonzero().squeeze(1)
        found = assigner.assign(proposals[members], gt_boxes[objects], None, gt_labels[objects])
        # mmdet counts objects from 1 and has 0 for background, -1 for what is to be ignored.
        in_frame = torch.cat([objects.new_tensor([-1, 0]), objects + 1])
        gt_inds[members] = in_frame[found.gt_inds + 1]
        overlaps[members] = found.max_overlaps
        labels[members] = found.labels
    return AssignResult(len(gt_boxes), gt_inds, overlaps, labels)


def leave_out_ignored(
    assigned: AssignResult, proposals: Tensor, ignored: Tensor, threshold: float
) -> None:
    """Let no proposal of an ignored region count as background; changes the assignment in place.

    Those are marked -1, which samplers do not take, that overlap a region of whatever class by more
    than ``threshold``, and no object.

    Args:
        assigned: the assignment to the objects, with the overlap of each proposal.
        proposals: boxes of shape (N, 7).
        ignored: the regions, of shape (M, 7).
        threshold: the IoU up to which a proposal has nothing of an object.
    """
    if len(proposals) == 0 or len(ignored) == 0:
        return
    overlaps = bbox_overlaps_3d(proposals, ignored, coordinate='lidar').amax(dim=1)
    alone = (assigned.gt_inds == 0) & (assigned.max_overlaps <= threshold)
    assigned.gt_inds[alone & (overlaps > threshold)] = -1
