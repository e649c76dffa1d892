"""The point classes by name and by frame."""

from __future__ import annotations

from mmdet3d.core.points.base_points import BasePoints
from mmdet3d.core.points.cam_points import CameraPoints
from mmdet3d.core.points.lidar_points import LiDARPoints

_POINT_TYPES: dict[str, type[BasePoints]] = {'LIDAR': LiDARPoints, 'CAMERA': CameraPoints}


def get_points_type(points_type: str) -> type[BasePoints]:
    """Look up a class of points.

    Args:
        points_type: 'LIDAR' or 'CAMERA', in any case.

    Raises:
        ValueError: for any other name.
    """
    if str(points_type).upper() not in _POINT_TYPES:
        raise ValueError(f"points_type must be 'LIDAR' or 'CAMERA', got {points_type!r}")
    return _POINT_TYPES[points_type.upper()]
