"""Boxes as a detector's result, and as regions of interest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from mmdet3d.core.bbox.structures import BaseInstance3DBoxes


def bbox3d2result(
    bboxes: BaseInstance3DBoxes,
    scores: torch.Tensor,
    labels: torch.Tensor,
    attrs: torch.Tensor | None = None,
) -> dict[str, Any]:
    """Collect the detections of one cloud on the CPU.

    Args:
        bboxes: N boxes.
        scores: of shape (N,).
        labels: class indices of shape (N,).
        attrs: attribute indices of shape (N,), if the detector predicts them.

    Returns:
        a dict with ``boxes_3d``, ``scores_3d``, ``labels_3d``, and ``attrs_3d`` if given.
    """
    result = dict(boxes_3d=bboxes.to('cpu'), scores_3d=scores.cpu(), labels_3d=labels.cpu())
    if attrs is not None:
        result['attrs_3d'] = attrs.cpu()
    return result


def bbox3d2roi(bbox_list: Sequence[torch.Tensor]) -> torch.Tensor:
    """Concatenate the boxes of a batch, each after the index of its cloud.

    Args:
        bbox_list: boxes of every cloud, of shape (N_i, D).

    Returns:
        (sum of N_i, 1 + D).

    Raises:
        ValueError: if the list is empty.
    """
    if not bbox_list:
        raise ValueError('bbox3d2roi needs the boxes of at least one cloud, got an empty list')
    return torch.cat(
        [
            torch.cat([boxes.new_full((len(boxes), 1), index), boxes], dim=-1)
            for index, boxes in enumerate(bbox_list)
        ]
    )
