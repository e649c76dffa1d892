"""Dropping ground-truth objects that are not to be learnt."""

from collections.abc import Sequence

import numpy as np
import torch

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.weights import WEIGHTS, weights_of
from mmdet3d.utils.arguments import ShowsArguments, names, space


def _keep(results: dict, mask: np.ndarray) -> dict:
    if WEIGHTS in results:
        results[WEIGHTS] = weights_of(results)[mask]
    results['gt_bboxes_3d'] = results['gt_bboxes_3d'][torch.from_numpy(mask)]
    results['gt_labels_3d'] = results['gt_labels_3d'][mask]
    return results


@PIPELINES.register_module()
class ObjectRangeFilter(ShowsArguments):
    """Keep the objects whose centre is inside a range in bird's-eye view.

    Args:
        point_cloud_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres; z is not looked at.

    Raises:
        ValueError: at construction, if it is none.
    """

    def __init__(self, point_cloud_range: Sequence[float]) -> None:
        self.point_cloud_range = space(self, 'point_cloud_range', point_cloud_range)
        self.pcd_range = np.array(self.point_cloud_range, dtype=np.float32)

    def __call__(self, results: dict) -> dict:
        """Filter ``gt_bboxes_3d`` and ``gt_labels_3d``; yaw is wrapped to [-pi, pi)."""
        mask = results['gt_bboxes_3d'].in_range_bev(self.pcd_range[[0, 1, 3, 4]])
        results = _keep(results, mask.numpy().astype(bool))
        results['gt_bboxes_3d'].limit_yaw(offset=0.5, period=2 * np.pi)
        return results


@PIPELINES.register_module()
class ObjectNameFilter(ShowsArguments):
    """Keep the objects whose class is one of the trained ones, so drop those labelled -1.

    Ignored regions, of weight 0, are kept whatever their class.

    Args:
        classes: names of the trained classes; label i means ``classes[i]``.

    Raises:
        ValueError: at construction, if they are no list of names.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = names(self, 'classes', classes, ['Car', 'Pedestrian'])
        self.labels = list(range(len(self.classes)))

    def __call__(self, results: dict) -> dict:
        """Filter ``gt_bboxes_3d`` and ``gt_labels_3d``."""
        is_trained = np.isin(results['gt_labels_3d'], self.labels)
        return _keep(results, is_trained | (weights_of(results) == 0))
