"""Where the scanner sits on nuScenes' car, and when it turns."""

import numpy as np

from mmdet3d.datasets.nuscenes.quaternions import rotation_matrix

SWEEP_RATE, SWEEPS_PER_SAMPLE = 20, 10
# The scanner's frame: x to the right, y ahead. Its mount is tilted a little, as a real one is.
LIDAR_TRANSLATION = (0.943713, 0.0, 1.84023)
LIDAR_ROTATION = (0.70710678, -0.00650000, 0.01060000, -0.70699674)
# From the frame in which beams are aimed (x ahead) to the scanner's.
SENSOR_FROM_BEAMS = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


def ego_from_lidar() -> np.ndarray:
    """Give the transform (4, 4) from the scanner's frame to the car's."""
    pose = np.eye(4)
    pose[:3, :3] = rotation_matrix(np.array(LIDAR_ROTATION))
    pose[:3, 3] = LIDAR_TRANSLATION
    return pose


def beams_pose(ego_pose: np.ndarray) -> np.ndarray:
    """Give the pose (4, 4) of the frame in which beams are aimed from that (4, 4) of the car."""
    pose = ego_pose @ ego_from_lidar()
    pose[:3, :3] = pose[:3, :3] @ SENSOR_FROM_BEAMS
    return pose


def sweep_time(sweep: int) -> float:
    """Seconds from the start of a scene to a sweep."""
    return sweep / SWEEP_RATE


def sweeps_of(sample: int) -> range:
    """Numbers of the sweeps since the sample before, its own key frame last."""
    last = sample * SWEEPS_PER_SAMPLE
    return range(max(0, last - SWEEPS_PER_SAMPLE + 1), last + 1)
