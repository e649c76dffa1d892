"""Bringing every cloud to one number of points."""

import numpy as np
import torch

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.arguments import PipelineStep, number, switch, whole


@PIPELINES.register_module()
class PointSample(PipelineStep):
    """Sample a fixed number of points, as PointRCNN (Shi et al., CVPR 2019, section 4.1) needs.

    A cloud with fewer points is sampled with replacement. A cloud without points becomes points at
    the origin whose further columns are zero: a batch needs the same number from every cloud.

    Args:
        num_points: how many points to sample.
        sample_range: distance from the sensor in metres. Points that far away or farther are few
            and are all kept (unless they alone are more than ``num_points``); only nearer ones are
            sampled. Without it, and where points are drawn with replacement, all are alike.
        replace: always draw with replacement.

    Raises:
        ValueError: at construction, if ``num_points`` or ``sample_range`` is no positive number.
    """

    def __init__(
        self, num_points: int, sample_range: float | None = None, replace: bool = False
    ) -> None:
        self.num_points = whole(self, 'num_points', num_points, 16384, at_least=1)
        if sample_range is not None:
            sample_range = number(self, 'sample_range', sample_range, 40.0, above=0)
        self.sample_range = sample_range
        self.replace = switch(self, 'replace', replace)

    def __call__(self, results: dict) -> dict:
        """Sample ``points``; they come out in a random order."""
        points = results['points']
        if len(points) == 0:
            results['points'] = points.new_point(torch.zeros(self.num_points, points.shape[1]))
        else:
            results['points'] = points[torch.from_numpy(self._choose(points.coord))]
        return results

    def _choose(self, positions: torch.Tensor) -> np.ndarray:
        count = len(positions)
        if self.replace or count < self.num_points:
            return np.random.choice(count, self.num_points)
        if self.sample_range is None:
            return np.random.choice(count, self.num_points, replace=False)
        far_away = (positions.norm(dim=1) >= self.sample_range).numpy()
        far, near = np.flatnonzero(far_away), np.flatnonzero(~far_away)
        # Far points first, so that they are dropped only where there is no room for them all.
        order = np.concatenate([np.random.permutation(far), np.random.permutation(near)])
        return np.random.permutation(order[: self.num_points])
