"""What the objects of a sample weigh in the losses, and which of its regions are ignored."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

KEY = 'gt_weights_3d'


class Truth(NamedTuple):
    """What is to be learnt of one sample.

    Attributes:
        boxes: its G objects.
        labels: their classes, of shape (G,).
        weights: factors above 0 of their terms in the losses, of shape (G,); 1 of ground truth.
        ignored: regions that are neither object nor background, as boxes of the same type.
    """

    boxes: Any
    labels: Tensor
    weights: Tensor
    ignored: Any

    def to(self, device: torch.device) -> Self:
        """Move everything to a device."""
        return type(self)(*(each.to(device) for each in self))


def read_truth(
    gt_bboxes: Sequence[Any], gt_labels: Sequence[Tensor], metas: Sequence[Mapping] | None = None
) -> list[Truth]:
    """Tell objects and ignored regions apart, which have the weight 0.

    Args:
        gt_bboxes: the boxes of each sample, objects and regions.
        gt_labels: their classes.
        metas: meta information of each sample; ``gt_weights_3d`` has the weights of its boxes, of
            shape (N,). All are objects of weight 1 where it is not there.

    Raises:
        ValueError: if there is not one weight for each box.
    """
    metas = metas or [{}] * len(gt_bboxes)
    return [
        _split(boxes, labels, meta.get(KEY))
        for boxes, labels, meta in zip(gt_bboxes, gt_labels, metas)
    ]


def _split(boxes: Any, labels: Tensor, given: Any) -> Truth:
    if given is None:
        return Truth(boxes, labels, torch.ones_like(labels, dtype=torch.float32), boxes[:0])
    if len(given) != len(boxes):
        raise ValueError(
            f'a frame has {len(boxes)} gt_bboxes_3d but {len(given)} gt_weights_3d: a step of the '
            'pipeline changed the boxes alone; let it filter or extend results["gt_weights_3d"] '
            'too, where that is there'
        )
    weights = torch.from_numpy(np.array(given, dtype=np.float32))
    # Boxes may be on the CPU where labels are not.
    is_object = weights > 0
    of_boxes, of_labels = is_object.to(boxes.tensor.device), is_object.to(labels.device)
    kept = weights.to(labels.device)[of_labels]
    return Truth(boxes[of_boxes], labels[of_labels], kept, boxes[~of_boxes])


def real_objects(
    gt_bboxes: Sequence[Any], gt_labels: Sequence[Tensor], metas: Sequence[Mapping] | None = None
) -> tuple[list[Any], list[Tensor]]:
    """Give boxes and classes of each sample without its ignored regions.

    Args:
        gt_bboxes: see :func:`read_truth`.
        gt_labels: likewise.
        metas: likewise.
    """
    truths = read_truth(gt_bboxes, gt_labels, metas)
    return [each.boxes for each in truths], [each.labels for each in truths]
