"""Info files of mmdetection3d before v1.0, whose boxes follow another convention."""

from typing import Any

import numpy as np

from mmdet3d.datasets.old_boxes import long_objects, new_boxes, old_by_sizes


def has_old_boxes(infos: list[dict[str, Any]]) -> bool:
    """Tell whether the boxes are (width, length, height, clockwise yaw): vehicles are not wide."""
    sizes = [
        np.asarray(info['gt_boxes'])[long_objects(info['gt_names']), 3:5]
        for info in infos
        if info.get('gt_boxes') is not None and len(info['gt_boxes'])
    ]
    return bool(old_by_sizes(np.concatenate([*sizes, np.zeros((0, 2))])))


def with_new_boxes(info: dict[str, Any]) -> dict[str, Any]:
    """Copy an entry with ``gt_boxes`` (N, 7) in the convention of v1.0."""
    boxes = np.asarray(info['gt_boxes'], dtype=np.float64).reshape(-1, 7)
    return {**info, 'gt_boxes': new_boxes(boxes)}
