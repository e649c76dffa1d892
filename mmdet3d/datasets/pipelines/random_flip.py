"""Random mirroring of a scene."""

import numpy as np

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.arguments import PipelineStep, probability, switch


@PIPELINES.register_module()
class RandomFlip3D(PipelineStep):
    """Mirror points and boxes: horizontally (LiDAR y to -y), vertically (x to -x).

    Args:
        sync_2d: follow ``results['flip']`` where it is set (as a test-time augmentation does) and
            never mirror vertically, since an image could not follow.
        flip_ratio_bev_horizontal: probability of the horizontal flip.
        flip_ratio_bev_vertical: probability of the vertical flip, used with ``sync_2d=False``.

    Raises:
        ValueError: at construction, if a probability is no number in [0, 1].
    """

    def __init__(
        self,
        sync_2d: bool = True,
        flip_ratio_bev_horizontal: float = 0.0,
        flip_ratio_bev_vertical: float = 0.0,
    ) -> None:
        self.sync_2d = switch(self, 'sync_2d', sync_2d)
        self.flip_ratio_bev_horizontal = probability(
            self, 'flip_ratio_bev_horizontal', flip_ratio_bev_horizontal
        )
        self.flip_ratio_bev_vertical = probability(
            self, 'flip_ratio_bev_vertical', flip_ratio_bev_vertical
        )

    def __call__(self, results: dict) -> dict:
        """Flip in place; add ``flip``, ``pcd_horizontal_flip``, ``pcd_vertical_flip``."""
        self._decide(results)
        flow = results.setdefault('transformation_3d_flow', [])
        for direction, code in (('horizontal', 'HF'), ('vertical', 'VF')):
            if results[f'pcd_{direction}_flip']:
                self.random_flip_data_3d(results, direction)
                flow.append(code)
        return results

    def _decide(self, results: dict) -> None:
        if self.sync_2d:
            if 'flip' not in results:
                results['flip'] = np.random.rand() < self.flip_ratio_bev_horizontal
            results['pcd_horizontal_flip'] = results['flip']
            results['pcd_vertical_flip'] = False
            return
        for direction in ('horizontal', 'vertical'):
            ratio = getattr(self, f'flip_ratio_bev_{direction}')
            if f'pcd_{direction}_flip' not in results:
                results[f'pcd_{direction}_flip'] = np.random.rand() < ratio

    def random_flip_data_3d(self, results: dict, direction: str = 'horizontal') -> None:
        """Flip ``points`` and every field of ``bbox3d_fields`` in place.

        Args:
            results: the frame.
            direction: ``'horizontal'`` or ``'vertical'``.
        """
        results['points'].flip(direction)
        for key in results['bbox3d_fields']:
            results[key].flip(direction)
