"""Reading the KITTI object dataset and converting it for training and evaluation."""

from mmdet3d.datasets.kitti.boxes import camera_boxes_to_lidar
from mmdet3d.datasets.kitti.calib import read_calib
from mmdet3d.datasets.kitti.create import create_kitti_data
from mmdet3d.datasets.kitti.dataset import KittiDataset
from mmdet3d.datasets.kitti.images import read_image_shape
from mmdet3d.datasets.kitti.infos import difficulty_levels
from mmdet3d.datasets.kitti.labels import read_label, write_label
from mmdet3d.datasets.kitti.reduced import points_in_view
from mmdet3d.datasets.kitti.splits import read_split
from mmdet3d.datasets.kitti.summary import CreationSummary

__all__ = [
    'CreationSummary',
    'KittiDataset',
    'camera_boxes_to_lidar',
    'create_kitti_data',
    'difficulty_levels',
    'points_in_view',
    'read_calib',
    'read_image_shape',
    'read_label',
    'read_split',
    'write_label',
]
