"""Cropping and shuffling a point cloud."""

from collections.abc import Sequence

import numpy as np

from mmdet3d.clouds.plausibility import is_out_of_view, warn_out_of_view
from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.utils.arguments import ShowsArguments, space


@PIPELINES.register_module()
class PointsRangeFilter(ShowsArguments):
    """Keep the points strictly inside a range; the cloud may be left empty.

    A cloud that is almost wholly outside is warned about, see :func:`warn_out_of_view`.

    Args:
        point_cloud_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres.

    Raises:
        ValueError: at construction, if it is none.
    """

    def __init__(self, point_cloud_range: Sequence[float]) -> None:
        self.point_cloud_range = space(self, 'point_cloud_range', point_cloud_range)
        self.pcd_range = np.array(self.point_cloud_range, dtype=np.float32)

    def __call__(self, results: dict) -> dict:
        """Filter ``points``."""
        points = results['points']
        results['points'] = points[points.in_range_3d(self.pcd_range)]
        if is_out_of_view(len(results['points']), len(points)):
            warn_out_of_view(
                points.coord.numpy(), self.point_cloud_range, results.get('pts_filename')
            )
        return results


@PIPELINES.register_module()
class PointShuffle(ShowsArguments):
    """Put the points in a random order, so that a voxel's limit does not favour any direction."""

    def __call__(self, results: dict) -> dict:
        """Shuffle ``points`` in place."""
        results['points'].shuffle()
        return results
