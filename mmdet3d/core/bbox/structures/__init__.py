"""Boxes, their frames, and the geometry they are built on."""

from mmdet3d.core.bbox.structures.base_box3d import BaseInstance3DBoxes
from mmdet3d.core.bbox.structures.box_3d_mode import Box3DMode
from mmdet3d.core.bbox.structures.box_types import get_box_type
from mmdet3d.core.bbox.structures.cam_box3d import CameraInstance3DBoxes
from mmdet3d.core.bbox.structures.coord_3d_mode import Coord3DMode
from mmdet3d.core.bbox.structures.lidar_box3d import LiDARInstance3DBoxes
from mmdet3d.core.geometry.rotations import (
    limit_period,
    points_cam2img,
    rotation_3d_in_axis,
    xywhr2xyxyr,
)

__all__ = [
    'BaseInstance3DBoxes',
    'Box3DMode',
    'CameraInstance3DBoxes',
    'Coord3DMode',
    'LiDARInstance3DBoxes',
    'get_box_type',
    'limit_period',
    'points_cam2img',
    'rotation_3d_in_axis',
    'xywhr2xyxyr',
]
