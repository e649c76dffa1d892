"""What each point should predict: its class and the box around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass
class PointTargets:
    """Targets of the points of one sample, or of a batch with its axis first.

    Attributes:
        labels: class of each point, num_classes for background, of shape (N,).
        label_weights: 1 where the label counts, 0 close to a box, of shape (N,).
        positive: whether the point lies in a box, of shape (N,).
        codes: codes of these boxes, of the P positive points only, of shape (P, code_size).
    """

    labels: Tensor
    label_weights: Tensor
    positive: Tensor
    codes: Tensor

    @classmethod
    def stack(cls, samples: Sequence['PointTargets']) -> 'PointTargets':
        """Stack the targets of the samples of a batch; the codes follow one another."""
        return cls(
            labels=torch.stack([each.labels for each in samples]),
            label_weights=torch.stack([each.label_weights for each in samples]),
            positive=torch.stack([each.positive for each in samples]),
            codes=torch.cat([each.codes for each in samples]),
        )


def assign_points(
    points: Tensor,
    boxes: Any,
    labels: Tensor,
    encode: Callable[[Tensor, Tensor, Tensor], Tensor],
    num_classes: int,
    margin: float,
) -> PointTargets:
    """Tell which object each point of one sample lies on.

    Args:
        points: positions of shape (N, 3) in metres.
        boxes: the G objects of the sample.
        labels: their classes, of shape (G,); those below 0 are no objects.
        encode: gives the codes of boxes, z at the middle, from points and classes.
        num_classes: stands for background.
        margin: metres around a box whose points do not count.

    Returns:
        the targets. A point in several boxes belongs to the first.
    """
    known = labels >= 0
    boxes, labels = boxes[known], labels[known]
    owner = boxes.points_in_boxes_part(points).long()
    positive = owner >= 0
    close = boxes.enlarged_box(margin).points_in_boxes_part(points) >= 0
    owner = owner[positive]
    targets = torch.full_like(positive, num_classes, dtype=torch.long)
    targets[positive] = labels[owner]
    around = torch.cat([boxes.gravity_center, boxes.tensor[:, 3:]], dim=1)[owner]
    return PointTargets(
        labels=targets,
        label_weights=(positive | ~close).to(points),
        positive=positive,
        codes=encode(around, points[positive], labels[owner]),
    )
