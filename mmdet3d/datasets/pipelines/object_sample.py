"""Pasting objects of other frames into a frame."""

import numpy as np

from mmdet3d.core.points import BasePoints
from mmdet3d.datasets.builder import OBJECTSAMPLERS, PIPELINES
from mmdet3d.datasets.pipelines.weights import WEIGHTS, weights_of
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.utils.arguments import ShowsArguments, mapping, switch

_EXAMPLE = {
    'info_path': 'data/kitti/kitti_dbinfos_train.pkl',
    'data_root': 'data/kitti/',
    'rate': 1.0,
    'prepare': {},
    'sample_groups': {'Car': 12},
    'classes': ['Car'],
}


@PIPELINES.register_module()
class ObjectSample(ShowsArguments):
    """Paste objects of the ground-truth database where they collide with nothing.

    Source: Yan et al., SECOND: Sparsely Embedded Convolutional Detection, Sensors 2018.

    Args:
        db_sampler: config of the sampler, a ``DataBaseSampler`` unless it has a ``type``.
        sample_2d: must be False, images are not pasted into.
        use_ground_plane: must be False, pasted objects keep the height they were seen at.

    Raises:
        ValueError: at construction, if one of the two is on or ``db_sampler`` is no dict.
    """

    def __init__(
        self, db_sampler: dict, sample_2d: bool = False, use_ground_plane: bool = False
    ) -> None:
        self.sample_2d = switch(self, 'sample_2d', sample_2d)
        self.use_ground_plane = switch(self, 'use_ground_plane', use_ground_plane)
        if self.sample_2d or self.use_ground_plane:
            raise ValueError(
                f'sample_2d={sample_2d} and use_ground_plane={use_ground_plane} are not supported, '
                'as they need images and estimated road planes; set both to False'
            )
        config = mapping(self, 'db_sampler', db_sampler, _EXAMPLE)
        self.db_sampler = OBJECTSAMPLERS.build({'type': 'DataBaseSampler', **config})

    def start_pass(self) -> None:
        """Let the sampler begin anew, where it can."""
        if hasattr(self.db_sampler, 'start_pass'):
            self.db_sampler.start_pass()

    def __call__(self, results: dict) -> dict:
        """Extend ``points``, ``gt_bboxes_3d``, ``gt_labels_3d`` and, if known, ``gt_weights_3d``.

        Points of the frame inside a pasted box are removed, the object's own come first.

        Raises:
            ValueError: if the database's points have other columns than the frame's.
        """
        boxes, labels = results['gt_bboxes_3d'], results['gt_labels_3d']
        sampled = self.db_sampler.sample_all(boxes.tensor.numpy(), labels)
        if sampled is None:
            return results
        points = self.remove_points_in_boxes(results['points'], sampled['gt_bboxes_3d'])
        if sampled['points'].tensor.shape[1] != points.tensor.shape[1]:
            raise ValueError(
                f'the frame has points of {points.tensor.shape[1]} values, the database of '
                f'{sampled["points"].tensor.shape[1]}; give db_sampler.points_loader the use_dim '
                'of LoadPointsFromFile'
            )
        _extend_weights(results, sampled)
        results['points'] = points.cat([sampled['points'], points])
        results['gt_bboxes_3d'] = boxes.new_box(
            np.concatenate([boxes.tensor.numpy(), sampled['gt_bboxes_3d']])
        )
        results['gt_labels_3d'] = np.concatenate([labels, sampled['gt_labels_3d']]).astype(np.int64)
        return results

    @staticmethod
    def remove_points_in_boxes(points: BasePoints, boxes: np.ndarray) -> BasePoints:
        """Drop the points that lie in any of the boxes.

        Args:
            points: a ``BasePoints`` of N points.
            boxes: of shape (M, 7 or more), z at the bottom.

        Returns:
            a ``BasePoints`` of the points outside.
        """
        inside = points_in_boxes(points.tensor.numpy(), boxes[:, :7]).any(axis=1)
        return points[np.flatnonzero(~inside)]


def _extend_weights(results: dict, sampled: dict) -> None:
    """Join the weights of a frame and of pasted objects, if either has some."""
    if WEIGHTS in results or WEIGHTS in sampled:
        results[WEIGHTS] = np.concatenate([weights_of(results), weights_of(sampled)])
