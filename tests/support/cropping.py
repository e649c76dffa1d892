"""The cropping of clouds by its definition, for comparison with the library's."""

import numpy as np


def crop(points: np.ndarray, point_cloud_range: list[float]) -> np.ndarray:
    """The points (N, 3 or more) strictly inside a range (6,) of lower and upper limits in metres.

    On frames 000008 and 000134 of KITTI it leaves as many as mmdetection3d: the test of their
    voxels in mmdet3d/models/test_voxelnet_parity.py begins with that.
    """
    low, high = np.split(np.array(point_cloud_range, dtype=np.float32), 2)
    return points[((points[:, :3] > low) & (points[:, :3] < high)).all(axis=1)]
