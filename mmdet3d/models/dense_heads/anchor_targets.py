"""What each anchor should predict: labels, box residuals and headings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from mmdet3d.core.bbox import limit_period
from mmdet3d.models.dense_heads.near_anchors import assign_anchors
from mmdet3d.models.object_weights import Truth


class ObjectRows(NamedTuple):
    """What one sample gives to anchors, as rows.

    Attributes:
        boxes: objects of shape (G, code_size).
        labels: their classes, of shape (G,).
        weights: their factors in the losses, above 0, of shape (G,).
        ignored: regions that are neither object nor background, of shape (M, code_size).
    """

    boxes: Tensor
    labels: Tensor
    weights: Tensor
    ignored: Tensor

    @classmethod
    def of(cls, truth: Truth, anchors: Tensor, code_size: int) -> Self:
        """Take the objects of trained classes, and the ignored regions of any, to the anchors.

        Args:
            truth: what is to be learnt of the sample.
            anchors: where the rows go.
            code_size: number of columns.
        """
        known = truth.labels >= 0
        boxes, ignored = (each.tensor.to(anchors.device) for each in (truth.boxes, truth.ignored))
        weights = truth.weights.to(anchors)
        return cls(
            boxes[known, :code_size], truth.labels[known], weights[known], ignored[:, :code_size]
        )

    def of_class(self, label: int) -> Self:
        """Keep the objects of a class, and all ignored regions."""
        own = self.labels == label
        return self._replace(
            boxes=self.boxes[own], labels=self.labels[own], weights=self.weights[own]
        )


@dataclass
class AnchorTargets:
    """Targets of the anchors of one sample, flat, in the order of the head's predictions.

    Attributes:
        labels: class of each anchor, num_classes for background, of shape (A,).
        label_weights: the object's weight, 1 of background, 0 where the label does not count, of
            shape (A,).
        bbox_targets: box residuals of shape (A, code_size).
        bbox_weights: the weight of the object that the anchor is assigned to, which is above 0; 0
            without any, of shape (A, code_size).
        dir_targets: half of the circle the heading is in, of shape (A,).
        dir_weights: as ``bbox_weights``, of shape (A,).
    """

    labels: Tensor
    label_weights: Tensor
    bbox_targets: Tensor
    bbox_weights: Tensor
    dir_targets: Tensor
    dir_weights: Tensor


def direction_targets(
    yaw: Tensor, dir_offset: float, dir_limit_offset: float = 0, num_bins: int = 2
) -> Tensor:
    """Return which of ``num_bins`` sectors of the circle, the first at ``dir_offset``, holds yaw.

    Args:
        yaw: headings in radians, of shape (A,).
        dir_offset: heading at which the first sector begins.
        dir_limit_offset: where the period of the angle is cut, as in ``limit_period``.
        num_bins: number of sectors.

    Returns:
        indices of shape (A,).
    """
    angle = limit_period(yaw - dir_offset, dir_limit_offset, 2 * np.pi)
    return (angle / (2 * np.pi / num_bins)).floor().long().clamp(0, num_bins - 1)


def assign_single(
    assigner: Any,
    anchors: Tensor,
    objects: ObjectRows,
    encode: Callable[[Tensor, Tensor], Tensor],
    direction: Callable[[Tensor], Tensor],
    num_classes: int,
    pos_weight: float = -1,
) -> AnchorTargets:
    """Assign the objects of one sample to anchors, with one assigner.

    Anchors without an object that an ignored region would be given, or that would count as close to
    it, were it an object, do not count as background.

    Args:
        assigner: an mmdet assigner.
        anchors: boxes of shape (A, code_size).
        objects: the objects and ignored regions.
        encode: gives the residuals from anchors to objects.
        direction: gives the direction targets of headings.
        num_classes: stands for background.
        pos_weight: factor of the labels of assigned anchors, 1 if not positive.

    Returns:
        the targets of these anchors.
    """
    assigned = assign_anchors(assigner, anchors, objects.boxes, objects.labels)
    positive = assigned > 0
    labels = torch.full_like(assigned, num_classes)
    label_weights = (assigned >= 0).to(anchors)
    if len(objects.ignored):
        ignored = assign_anchors(assigner, anchors, objects.ignored) != 0
        label_weights[ignored & ~positive] = 0
    dir_weights = torch.zeros_like(label_weights)
    bbox_targets = torch.zeros_like(anchors)
    dir_targets = torch.zeros_like(assigned)
    if positive.any():
        own = assigned[positive] - 1
        labels[positive] = objects.labels[own]
        bbox_targets[positive] = encode(anchors[positive], objects.boxes[own])
        dir_targets[positive] = direction(objects.boxes[own, 6])
        dir_weights[positive] = objects.weights[own]
        label_weights[positive] = objects.weights[own] * (pos_weight if pos_weight > 0 else 1)
    bbox_weights = dir_weights[:, None].expand_as(anchors)
    return AnchorTargets(
        labels, label_weights, bbox_targets, bbox_weights, dir_targets, dir_weights
    )


def interleave_sizes(per_size: Sequence[AnchorTargets], num_rotations: int) -> AnchorTargets:
    """Merge targets made for each anchor size apart into the order of the head's predictions.

    Args:
        per_size: targets for each size, each ordered by (cell, rotation).
        num_rotations: number of rotations of each size.

    Returns:
        targets ordered by (cell, size, rotation).
    """

    def merge(values: Sequence[Tensor]) -> Tensor:
        tail = values[0].shape[1:]
        return torch.stack([v.reshape(-1, num_rotations, *tail) for v in values], 1).reshape(
            -1, *tail
        )

    return AnchorTargets(*(merge(field) for field in zip(*map(_fields, per_size))))


def _fields(targets: AnchorTargets) -> tuple[Tensor, ...]:
    return tuple(getattr(targets, name) for name in targets.__dataclass_fields__)


def stack_samples(samples: Sequence[AnchorTargets]) -> AnchorTargets:
    """Stack the targets of the samples of a batch along a new first axis."""
    return AnchorTargets(*(torch.stack(field) for field in zip(*map(_fields, samples))))


def split_levels(targets: AnchorTargets, counts: Sequence[int]) -> list[AnchorTargets]:
    """Cut the targets of stacked samples along their second axis, ``counts`` anchors each."""
    parts = (field.split(list(counts), dim=1) for field in _fields(targets))
    return [AnchorTargets(*each) for each in zip(*parts)]
