"""Which object each proposal is assigned to."""

from collections.abc import Sequence

import torch
from mmdet.core.bbox import AssignResult, BaseAssigner
from torch import Tensor


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
