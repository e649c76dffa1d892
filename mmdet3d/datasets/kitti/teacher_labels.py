"""A teacher's labels as KITTI's annotations: of the camera, and as they were found."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdet3d.core.bbox import Box3DMode, LiDARInstance3DBoxes
from mmdet3d.datasets.kitti.calib import camera_from_lidar
from mmdet3d.datasets.kitti.infos import difficulty_levels
from mmdet3d.datasets.kitti.results import image_outlines, kitti_anno
from mmdet3d.datasets.teacher_detections import TeacherLabels


def kitti_info(
    info: Mapping[str, Any], labels: TeacherLabels, class_names: Sequence[str]
) -> dict[str, Any]:
    """Put a teacher's labels in the place of a frame's annotations.

    No object is left out: one that the camera does not see has a box of zeros in the image, and so
    difficulty -1.

    Args:
        info: the frame's entry of the info file.
        labels: what was found in it.
        class_names: names of the classes, in label order.

    Returns:
        the entry with ``annos`` as ``create_data.py`` writes them, and of each object ``score``
        float32 (N,), ``ignored`` bool (N,) and ``gt_bboxes_3d`` float32 (N, 7), the LiDAR box.
    """
    boxes = labels.boxes[:, :7]
    seen = _as_seen(boxes, info)
    found = {'scores': labels.scores, 'label_preds': labels.labels, 'sample_idx': 0}
    annos = kitti_anno({**seen, **found}, class_names, info['image']['image_shape'])
    del annos['sample_idx']
    in_image = (annos['bbox'][:, 2:] > annos['bbox'][:, :2]).all(axis=1)
    annos['bbox'][~in_image] = 0
    annos.update(
        index=np.arange(len(boxes), dtype=np.int32),
        group_ids=np.arange(len(boxes), dtype=np.int32),
        difficulty=difficulty_levels(annos),
        num_points_in_gt=labels.num_points.astype(np.int32),
        ignored=labels.ignored,
        gt_bboxes_3d=boxes,
    )
    return {**info, 'annos': annos}


def _as_seen(rows: np.ndarray, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Give LiDAR boxes (N, 7) as :func:`kitti_anno` takes them, the yaw within half a turn."""
    boxes = LiDARInstance3DBoxes(rows)
    boxes.limit_yaw(offset=0.5, period=2 * np.pi)
    camera_boxes = boxes.convert_to(Box3DMode.CAM, camera_from_lidar(info['calib']))
    outlines, in_front = image_outlines(camera_boxes.corners, info['calib']['P2'])
    # What is behind the camera has no outline.
    outlines[~in_front] = 0
    return {
        'bbox': outlines.numpy(),
        'box3d_camera': camera_boxes.tensor.numpy(),
        'box3d_lidar': boxes.tensor.numpy(),
    }
