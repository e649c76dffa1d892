"""The part of a sweep that the left colour camera sees: only there are objects annotated."""

import numpy as np

from mmdet3d.datasets.kitti.calib import camera_from_lidar

# Depth limits of the camera's viewing frustum in metres. KITTI's scanner returns nothing beyond
# 80 m, so the far one matters only for other data in KITTI's layout.
NEAR, FAR = 0.001, 100.0


def points_in_view(
    points: np.ndarray, calib: dict[str, np.ndarray], image_shape: tuple[int, int]
) -> np.ndarray:
    """Find the points that project into the image of camera 2, between NEAR and FAR.

    Args:
        points: of shape (N, 3 or more), LiDAR points, x, y, z first, in metres.
        calib: P2, R0_rect and Tr_velo_to_cam, each (4, 4).
        image_shape: height and width in pixels.

    Returns:
        bool array (N,); points exactly on a border are outside.
    """
    lidar_to_image = calib['P2'] @ camera_from_lidar(calib)
    xyz = points[:, :3].astype(np.float64)
    u, v, depth = (xyz @ lidar_to_image[:3, :3].T + lidar_to_image[:3, 3]).T
    height, width = image_shape
    # u and v are pixels times depth: comparing products avoids dividing by a depth of zero.
    inside_columns = (u > 0) & (u < width * depth)
    inside_rows = (v > 0) & (v < height * depth)
    return inside_columns & inside_rows & (depth > NEAR) & (depth < FAR)
