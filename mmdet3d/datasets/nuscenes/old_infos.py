"""Info files of mmdetection3d before v1.0, whose boxes follow another convention."""

from typing import Any

import numpy as np

from mmdet3d.core.bbox import limit_period

_LONG = ('car', 'truck', 'bus', 'trailer')


def has_old_boxes(infos: list[dict[str, Any]]) -> bool:
    """Tell whether the boxes are (width, length, height, clockwise yaw): vehicles are not wide."""
    sizes = [
        np.asarray(info['gt_boxes'])[np.isin(info['gt_names'], _LONG), 3:5]
        for info in infos
        if len(info.get('gt_boxes', ()))
    ]
    if not any(map(len, sizes)):
        return False
    along, across = np.concatenate(sizes).mean(axis=0)
    return bool(along < across)


def with_new_boxes(info: dict[str, Any]) -> dict[str, Any]:
    """Copy an entry with ``gt_boxes`` (N, 7) in the convention of v1.0."""
    boxes = np.asarray(info['gt_boxes'], dtype=np.float64).reshape(-1, 7)
    boxes = boxes[:, [0, 1, 2, 4, 3, 5, 6]]
    boxes[:, 6] = limit_period(-boxes[:, 6] - np.pi / 2, period=2 * np.pi)
    return {**info, 'gt_boxes': boxes}
