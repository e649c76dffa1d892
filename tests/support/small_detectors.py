"""One small detector of each kind, and a cloud with a car for it."""

import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from support import shrink, shrink_nuscenes, shrink_point_rcnn

# Config, how to shrink it, columns of a box, and the label of cars.
DETECTORS = {
    'VoxelNet': (
        'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py',
        lambda width: {**shrink.small_scene(), **shrink.widths(width)},
        7,
        2,
    ),
    'MVXFasterRCNN': (
        'pointpillars/hv_pointpillars_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py',
        lambda width: {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(width)},
        9,
        0,
    ),
    'PointRCNN': (
        'point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_8x.py',
        lambda width: {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(width)},
        7,
        0,
    ),
}


def batch(box_dim: int, car: int) -> dict:
    """A cloud with a car."""
    torch.manual_seed(0)
    low, high = torch.tensor([0.0, -20, -3, 0]), torch.tensor([40.0, 20, 1, 1])
    boxes = torch.tensor([[10.0, 2, -1.7, 3.9, 1.6, 1.5, 0.3, 0, 0]])[:, :box_dim]
    on_car = torch.tensor([10.0, 2, -1, 0]) + 0.5 * torch.rand(20, 4)
    return {
        'points': [torch.cat([low + (high - low) * torch.rand(580, 4), on_car])],
        'img_metas': [{'box_type_3d': LiDARInstance3DBoxes}],
        'gt_bboxes_3d': [LiDARInstance3DBoxes(boxes, box_dim=box_dim)],
        'gt_labels_3d': [torch.tensor([car])],
    }
