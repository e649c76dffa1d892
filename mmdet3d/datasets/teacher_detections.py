"""Detections of a teacher that become the annotations of a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdet3d.datasets.left_out import finite_detections
from mmdet3d.datasets.object_numbers import sound_boxes

# Coders bound what a diverged network predicts to kilometres.
_LARGEST_M = 1000


@dataclass(frozen=True)
class TeacherLabels:
    """The N objects that a teacher found in a frame.

    Attributes:
        boxes: float32 of shape (N, 7 or 9), LiDAR boxes with z at the bottom, 9 with velocities.
        scores: float32 of shape (N,), in 0..1.
        labels: int64 of shape (N,), classes of the data set.
        ignored: bool of shape (N,), whether the object is too uncertain to be learnt: its box is a
            region that is neither object nor background.
        num_points: int64 of shape (N,), points of the frame's own cloud in each box.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    ignored: np.ndarray
    num_points: np.ndarray


def detection_arrays(detections: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Give the detections of a frame as arrays that can be kept.

    Args:
        detections: ``boxes_3d`` (N boxes), ``scores_3d`` (N,) and ``labels_3d`` (N,).

    Returns:
        ``boxes`` (N, 7 or more) and ``scores`` (N,), float32, and ``labels`` (N,) int64.

    Raises:
        ValueError: if a number is not finite, or a size is not above 0 and below 1000 m.
    """
    boxes = detections['boxes_3d'].tensor.detach().float().cpu().numpy()
    sound = finite_detections(detections).numpy() & sound_boxes(boxes)
    sound &= (boxes[:, 3:6] < _LARGEST_M).all(axis=1)
    if not sound.all():
        raise ValueError(
            f'{np.count_nonzero(~sound)} of {len(sound)} detections have NaN or infinity in box or '
            f'score, or a size that is not above 0 and below {_LARGEST_M} m'
        )
    return {
        'boxes': boxes,
        'scores': detections['scores_3d'].detach().float().cpu().numpy(),
        'labels': detections['labels_3d'].detach().long().cpu().numpy(),
    }


def custom_info(
    info: Mapping[str, Any], labels: TeacherLabels, names: np.ndarray
) -> dict[str, Any]:
    """Put a teacher's labels in the place of a frame's annotations, as Custom3DDataset reads them.

    Args:
        info: the frame's entry of the info file.
        labels: what was found in it.
        names: of shape (N,), the objects' classes.

    Returns:
        the entry with ``annos``: ``gt_bboxes_3d`` (N, 7 or 9), ``gt_names``, ``gt_scores`` and
        ``gt_ignored`` (N,).
    """
    annos = {
        'gt_bboxes_3d': labels.boxes,
        'gt_names': names,
        'gt_scores': labels.scores,
        'gt_ignored': labels.ignored,
    }
    return {**info, 'annos': annos}
