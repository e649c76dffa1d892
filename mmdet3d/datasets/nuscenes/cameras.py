"""Where the LiDAR's points are in the images of nuScenes' cameras."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mmdet3d.core.visualizer import CameraView

# As a driver sees them, from left to right, those in front first.
_ORDER = (
    'CAM_FRONT_LEFT',
    'CAM_FRONT',
    'CAM_FRONT_RIGHT',
    'CAM_BACK_LEFT',
    'CAM_BACK',
    'CAM_BACK_RIGHT',
)


def camera_views(info: Mapping[str, Any], find: Callable[[str], str]) -> list[CameraView]:
    """Give the cameras that an info file lists of a sample.

    Args:
        info: the sample's entry; without ``cams`` there is no camera.
        find: gives the place of a file from its path in the entry.

    Returns:
        the cameras, those in front first.
    """
    cameras = info.get('cams') or {}
    names = [name for name in _ORDER if name in cameras]
    names += sorted(set(cameras) - set(names))
    return [
        CameraView(name, find(cameras[name]['data_path']), lidar_to_image(cameras[name]))
        for name in names
    ]


def lidar_to_image(camera: Mapping[str, Any]) -> np.ndarray:
    """Give the matrix that projects points of the LiDAR, as columns, into a camera's image.

    Args:
        camera: ``cam_intrinsic`` (3, 3), in pixels, and the camera's place in the LiDAR frame,
            ``sensor2lidar_rotation`` (3, 3) and ``sensor2lidar_translation`` (3,), in metres.

    Returns:
        float64 of shape (4, 4), see :class:`CameraView`.
    """
    rotation = np.asarray(camera['sensor2lidar_rotation'], dtype=np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation.T
    matrix[:3, 3] = -rotation.T @ np.asarray(camera['sensor2lidar_translation'])
    matrix[:3] = np.asarray(camera['cam_intrinsic'], dtype=np.float64) @ matrix[:3]
    return matrix
