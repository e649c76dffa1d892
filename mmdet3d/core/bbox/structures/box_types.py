"""The box classes by name and by frame."""

from __future__ import annotations

from mmdet3d.core.bbox.structures.base_box3d import BaseInstance3DBoxes
from mmdet3d.core.bbox.structures.box_3d_mode import Box3DMode
from mmdet3d.core.bbox.structures.cam_box3d import CameraInstance3DBoxes
from mmdet3d.core.bbox.structures.lidar_box3d import LiDARInstance3DBoxes

_BOX_TYPES = {
    'lidar': (LiDARInstance3DBoxes, Box3DMode.LIDAR),
    'camera': (CameraInstance3DBoxes, Box3DMode.CAM),
}


def get_box_type(box_type: str) -> tuple[type[BaseInstance3DBoxes], Box3DMode]:
    """Look up a box class.

    Args:
        box_type: 'LiDAR' or 'Camera', in any case.

    Returns:
        the class and its frame.

    Raises:
        ValueError: for any other name.
    """
    if str(box_type).lower() not in _BOX_TYPES:
        raise ValueError(f"box_type must be 'LiDAR' or 'Camera', got {box_type!r}")
    return _BOX_TYPES[box_type.lower()]
