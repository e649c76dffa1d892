"""Wrapping a frame for batching."""

from collections.abc import Sequence

import numpy as np
import torch
from mmcv.parallel import DataContainer

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.arguments import PipelineStep, names, switch


@PIPELINES.register_module()
class DefaultFormatBundle3D(PipelineStep):
    """Wrap points, boxes and labels in mmcv's ``DataContainer``, which says how to batch each.

    Args:
        class_names: names of the trained classes, in label order.
        with_gt: wrap the ground truth too.
        with_label: wrap the labels of the ground truth too.

    Raises:
        ValueError: at construction, if an argument is of another kind.
    """

    def __init__(
        self, class_names: Sequence[str], with_gt: bool = True, with_label: bool = True
    ) -> None:
        self.class_names = names(self, 'class_names', class_names, ['Car', 'Pedestrian'])
        self.with_gt = switch(self, 'with_gt', with_gt)
        self.with_label = switch(self, 'with_label', with_label)

    def __call__(self, results: dict) -> dict:
        """Replace ``points``, ``gt_bboxes_3d`` and ``gt_labels_3d`` by their containers.

        Points become a (N, C) float32 tensor and labels a (N,) int64 one, both kept as a list per
        batch; boxes stay box objects and stay on the CPU until the detector moves them.
        """
        results['points'] = DataContainer(results['points'].tensor)
        if self.with_gt and 'gt_bboxes_3d' in results:
            results['gt_bboxes_3d'] = DataContainer(results['gt_bboxes_3d'], cpu_only=True)
        if self.with_gt and self.with_label and 'gt_labels_3d' in results:
            labels = np.asarray(results['gt_labels_3d'], dtype=np.int64)
            results['gt_labels_3d'] = DataContainer(torch.from_numpy(labels))
        return results
