"""Rotations, frames, and rows of numbers in them: what boxes and points are built on."""

from mmdet3d.core.geometry.frames import (
    CAM_TO_LIDAR,
    LIDAR_TO_CAM,
    apply_to_rows,
    frame_matrix,
    transform_positions,
)
from mmdet3d.core.geometry.rotations import (
    as_rotation_matrix,
    limit_period,
    points_cam2img,
    rotation_3d_in_axis,
    rotation_matrices,
    xywhr2xyxyr,
)
from mmdet3d.core.geometry.tensor_rows import TensorRows, float_rows

__all__ = [
    'CAM_TO_LIDAR',
    'LIDAR_TO_CAM',
    'TensorRows',
    'apply_to_rows',
    'as_rotation_matrix',
    'float_rows',
    'frame_matrix',
    'limit_period',
    'points_cam2img',
    'rotation_3d_in_axis',
    'rotation_matrices',
    'transform_positions',
    'xywhr2xyxyr',
]
