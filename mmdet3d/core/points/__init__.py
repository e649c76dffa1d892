"""Point clouds in their frames."""

from mmdet3d.core.points.base_points import BasePoints
from mmdet3d.core.points.cam_points import CameraPoints
from mmdet3d.core.points.lidar_points import LiDARPoints
from mmdet3d.core.points.points_type import get_points_type

__all__ = ['BasePoints', 'CameraPoints', 'LiDARPoints', 'get_points_type']
