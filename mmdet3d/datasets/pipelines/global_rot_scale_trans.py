"""Random rotation, scaling and translation of a scene."""

from collections.abc import Sequence

import numpy as np

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.arguments import (
    PipelineStep,
    interval,
    per_axis,
    switch,
    symmetric_interval,
)


@PIPELINES.register_module()
class GlobalRotScaleTrans(PipelineStep):
    """Rotate about z, then scale, then move, points and boxes together.

    Args:
        rot_range: (low, high) of the uniform rotation in radians; a number r means (-r, r).
        scale_ratio_range: (low, high) of the uniform scale; ``results['pcd_scale_factor']`` rules
            where it is set already.
        translation_std: standard deviations (x, y, z) of the normal translation in metres; a number
            holds for all three.
        shift_height: must be False, there is no indoor data here.

    Raises:
        ValueError: at construction, if a range is malformed or ``shift_height`` is on.
    """

    def __init__(
        self,
        rot_range: float | Sequence[float] = (-0.78539816, 0.78539816),
        scale_ratio_range: Sequence[float] = (0.95, 1.05),
        translation_std: float | Sequence[float] = (0, 0, 0),
        shift_height: bool = False,
    ) -> None:
        self.shift_height = switch(self, 'shift_height', shift_height)
        if self.shift_height:
            raise ValueError('shift_height=True belongs to indoor data; leave it False')
        self.rot_range = symmetric_interval(self, 'rot_range', rot_range, [-0.785, 0.785])
        self.scale_ratio_range = interval(
            self, 'scale_ratio_range', scale_ratio_range, [0.95, 1.05], above=0
        )
        self.translation_std = per_axis(self, 'translation_std', translation_std, [0.2, 0.2, 0.2])

    def __call__(self, results: dict) -> dict:
        """Transform in place; add ``pcd_rotation``, ``pcd_scale_factor`` and ``pcd_trans``.

        ``pcd_rotation`` is the (3, 3) matrix that multiplies row vectors from the right,
        ``pcd_rotation_angle`` the angle in radians, counter-clockwise.
        """
        movables = [results['points']] + [results[key] for key in results['bbox3d_fields']]
        angle = _draw(self.rot_range)
        scale = results.get('pcd_scale_factor')
        if scale is None:
            scale = _draw(self.scale_ratio_range)
        shift = np.random.normal(scale=self.translation_std, size=3)

        rotation = results['points'].rotate(angle)
        for boxes in movables[1:]:
            boxes.rotate(angle)
        for movable in movables:
            movable.scale(scale)
            movable.translate(shift)

        results.update(
            pcd_rotation=rotation,
            pcd_rotation_angle=angle,
            pcd_scale_factor=scale,
            pcd_trans=shift,
        )
        results.setdefault('transformation_3d_flow', []).extend(['R', 'S', 'T'])
        return results


def _draw(limits: Sequence[float]) -> float:
    low, high = limits
    return np.random.uniform(low, high)
