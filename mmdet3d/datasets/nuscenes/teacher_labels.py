"""A teacher's labels in an info file of nuScenes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.datasets.teacher_detections import TeacherLabels


def nuscenes_info(
    info: Mapping[str, Any], labels: TeacherLabels, names: np.ndarray
) -> dict[str, Any]:
    """Put a teacher's labels in the place of a sample's annotations.

    Args:
        info: the sample's entry of the info file.
        labels: what was found in it.
        names: of shape (N,), the objects' classes.

    Returns:
        the entry with what ``create_data.py`` writes of each object (velocities are NaN where the
        teacher gives none, no radar is looked at), and ``gt_scores`` float32 (N,), ``gt_ignored``
        bool (N,) and ``gt_bboxes_3d`` float32 (N, 7 or 9), the box with z at its bottom.
    """
    middles = labels.boxes[:, :7].astype(np.float64)
    middles[:, 2] += middles[:, 5] / 2
    velocity = labels.boxes[:, 7:9]
    if velocity.shape[1] < 2:
        velocity = np.full((len(middles), 2), np.nan, dtype=np.float32)
    kept = {key: value for key, value in info.items() if not key.startswith('gt_')}
    return {
        **kept,
        'gt_boxes': middles,
        'gt_names': names,
        'gt_velocity': velocity,
        'num_lidar_pts': labels.num_points,
        'num_radar_pts': np.zeros_like(labels.num_points),
        'valid_flag': labels.num_points > 0,
        'gt_scores': labels.scores,
        'gt_ignored': labels.ignored,
        'gt_bboxes_3d': labels.boxes,
    }
