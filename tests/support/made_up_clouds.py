"""Clouds for recorded figures, which depend on nothing but NumPy's generators."""

import zlib

import numpy as np

# x, y, z of the bottom, length, width, height, yaw in LiDAR coordinates, and labels of KITTI.
BOXES = np.array(
    [
        [12.0, 2.5, -1.7, 3.9, 1.6, 1.56, 0.1],
        [25.0, -6.0, -1.7, 4.2, 1.7, 1.5, 1.5],
        [40.0, 10.0, -1.7, 3.7, 1.6, 1.5, -2.9],
        [9.0, -4.0, -1.7, 0.8, 0.6, 1.75, 0.7],
        [17.0, 6.0, -1.7, 0.9, 0.7, 1.8, -1.2],
        [14.0, -1.5, -1.7, 1.8, 0.6, 1.7, 0.0],
    ],
    dtype=np.float32,
)
LABELS = [2, 2, 2, 0, 0, 1]


def made_up_cloud(name: str, on_objects: int = 150, around: int = 7000) -> np.ndarray:
    """Points (N, 4) in each of :data:`BOXES` and on uneven ground ahead, thinner with distance.

    Args:
        name: what the random numbers are drawn from.
        on_objects: the points in each box.
        around: the points on the ground.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    distance, angle = rng.uniform(3, 65, around), rng.uniform(-0.8, 0.8, around)
    height = -1.7 + 0.3 * rng.random(around)
    clouds = [np.stack([distance * np.cos(angle), distance * np.sin(angle), height], axis=1)]
    for box in BOXES:
        x, y, z = (rng.uniform([-0.5, -0.5, 0], [0.5, 0.5, 1], (on_objects, 3)) * box[3:6]).T
        cos, sin = np.cos(box[6]), np.sin(box[6])
        clouds.append(np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=1) + box[:3])
    points = rng.permutation(np.concatenate(clouds))
    return np.column_stack([points, rng.random(len(points))]).astype(np.float32)
