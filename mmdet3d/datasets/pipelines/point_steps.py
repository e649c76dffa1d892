"""Cropping and shuffling a point cloud."""

from collections.abc import Sequence

import numpy as np

from mmdet3d.datasets.builder import PIPELINES


@PIPELINES.register_module()
class PointsRangeFilter:
    """Keep the points strictly inside a range; the cloud may be left empty.

    Args:
        point_cloud_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres.
    """

    def __init__(self, point_cloud_range: Sequence[float]) -> None:
        self.pcd_range = np.array(point_cloud_range, dtype=np.float32)

    def __call__(self, results: dict) -> dict:
        """Filter ``points``."""
        points = results['points']
        results['points'] = points[points.in_range_3d(self.pcd_range)]
        return results


@PIPELINES.register_module()
class PointShuffle:
    """Put the points in a random order, so that a voxel's limit does not favour any direction."""

    def __call__(self, results: dict) -> dict:
        """Shuffle ``points`` in place."""
        results['points'].shuffle()
        return results
