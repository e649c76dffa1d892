"""What each point should predict: its class and the box around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mmdet3d.models.object_weights import Truth


@dataclass
class PointTargets:
    """Targets of the points of one sample, or of a batch with its axis first.

    Attributes:
        labels: class of each point, num_classes for background, of shape (N,).
        label_weights: the weight of the object that the point lies on, 1 of background, 0 close to
            an object and on or close to an ignored region, of shape (N,).
        positive: whether the point lies in a box, of shape (N,).
        codes: codes of these boxes, of the P positive points only, of shape (P, code_size).
        weights: weights of these boxes, of shape (P,).
    """

    labels: Tensor
    label_weights: Tensor
    positive: Tensor
    codes: Tensor
    weights: Tensor

    @classmethod
    def stack(cls, samples: Sequence['PointTargets']) -> 'PointTargets':
        """Stack the targets of the samples of a batch; the codes follow one another."""
        return cls(
            labels=torch.stack([each.labels for each in samples]),
            label_weights=torch.stack([each.label_weights for each in samples]),
            positive=torch.stack([each.positive for each in samples]),
            codes=torch.cat([each.codes for each in samples]),
            weights=torch.cat([each.weights for each in samples]),
        )


def assign_points(
    points: Tensor,
    truth: Truth,
    encode: Callable[[Tensor, Tensor, Tensor], Tensor],
    num_classes: int,
    margin: float,
) -> PointTargets:
    """Tell which object each point of one sample lies on.

    Args:
        points: positions of shape (N, 3) in metres.
        truth: the objects of the sample, of which those of classes below 0 are none, and its
            ignored regions.
        encode: gives the codes of boxes, z at the middle, from points and classes.
        num_classes: stands for background.
        margin: metres around a box whose points do not count.

    Returns:
        the targets. A point in several boxes belongs to the first.
    """
    known = truth.labels >= 0
    boxes, labels = truth.boxes[known], truth.labels[known]
    owner = boxes.points_in_boxes_part(points).long()
    positive = owner >= 0
    no_background = [boxes, truth.ignored] if len(truth.ignored) else [boxes]
    close = boxes.cat(no_background).enlarged_box(margin).points_in_boxes_part(points) >= 0
    owner = owner[positive]
    weights = truth.weights[known].to(points)[owner]
    label_weights = (~close).to(points)
    label_weights[positive] = weights
    targets = torch.full_like(positive, num_classes, dtype=torch.long)
    targets[positive] = labels[owner]
    around = torch.cat([boxes.gravity_center, boxes.tensor[:, 3:]], dim=1)[owner]
    return PointTargets(
        labels=targets,
        label_weights=label_weights,
        positive=positive,
        codes=encode(around, points[positive], labels[owner]),
        weights=weights,
    )
