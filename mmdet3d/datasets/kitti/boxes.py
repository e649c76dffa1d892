"""Ground-truth boxes from camera to LiDAR coordinates."""

import numpy as np

from mmdet3d.core.bbox import Box3DMode
from mmdet3d.datasets.kitti.calib import camera_from_lidar


def camera_boxes_to_lidar(annos: dict[str, np.ndarray], calib: dict[str, np.ndarray]) -> np.ndarray:
    """Convert annotated boxes to the LiDAR frame.

    Both frames place a box at its bottom centre. KITTI's rotation_y turns clockwise seen from
    above and is 0 when the object faces right (camera x); yaw turns counter-clockwise and is 0
    when it faces forward (LiDAR x): ``yaw = -pi/2 - rotation_y``.

    Args:
        annos: ``location`` of shape (N, 3), ``dimensions`` (length, height, width) of shape (N, 3)
            in metres, and ``rotation_y`` of shape (N,) in radians, in rectified camera coordinates.
        calib: R0_rect and Tr_velo_to_cam, each (4, 4).

    Returns:
        float32 of shape (N, 7): x, y, z of the bottom centre, length, width, height, and yaw in
        [-pi, pi).
    """
    boxes = np.column_stack([annos[key] for key in ('location', 'dimensions', 'rotation_y')])
    lidar_from_camera = np.linalg.inv(camera_from_lidar(calib))
    return Box3DMode.convert(boxes, Box3DMode.CAM, Box3DMode.LIDAR, lidar_from_camera).astype(
        np.float32
    )
