"""Ground-truth boxes from camera to LiDAR coordinates, without torch."""

import numpy as np


def camera_boxes_to_lidar(annos: dict[str, np.ndarray], calib: dict[str, np.ndarray]) -> np.ndarray:
    """Convert annotated boxes to the LiDAR frame.

    Both frames place a box at its bottom centre. KITTI's rotation_y turns clockwise seen from
    above and is 0 when the object faces right (camera x); yaw turns counter-clockwise and is 0
    when it faces forward (LiDAR x): ``yaw = -pi/2 - rotation_y``.

    Args:
        annos: location (N, 3), dimensions (N, 3: length, height, width) in metres and
            rotation_y (N,) in radians, in rectified camera coordinates.
        calib: R0_rect and Tr_velo_to_cam, each (4, 4).

    Returns:
        float32 array (N, 7): x, y, z of the bottom centre, length, width, height, and yaw in
        [-pi, pi).
    """
    camera_to_lidar = np.linalg.inv(calib['R0_rect'] @ calib['Tr_velo_to_cam'])
    centres = annos['location'] @ camera_to_lidar[:3, :3].T + camera_to_lidar[:3, 3]
    yaw = -np.pi / 2 - annos['rotation_y']
    yaw = yaw - np.floor(yaw / (2 * np.pi) + 0.5) * 2 * np.pi
    sizes = annos['dimensions'][:, [0, 2, 1]]
    return np.concatenate([centres, sizes, yaw[:, None]], axis=1).astype(np.float32)
