"""Test-time augmentation."""

import copy
from collections.abc import Sequence
from itertools import product
from typing import Any

from mmdet.datasets.pipelines import Compose

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.arguments import PipelineStep, misfit, number, numbers, switch

_DIRECTIONS = ('horizontal', 'vertical', 'diagonal')


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@PIPELINES.register_module()
class MultiScaleFlipAug3D(PipelineStep):
    """Run the same steps on several scaled and flipped copies of a frame.

    Args:
        transforms: configs of the steps.
        img_scale: (width, height) or a list of such, one copy each, which point clouds do not use.
        pts_scale_ratio: scale of the points or a list of scales, one copy each.
        flip: whether the copies are flipped.
        flip_direction: ``'horizontal'``, ``'vertical'`` or a list of both.
        pcd_horizontal_flip: with ``flip``, one copy without and one with the horizontal flip, for
            a ``RandomFlip3D(sync_2d=False)``.
        pcd_vertical_flip: the same for the vertical flip.

    Raises:
        ValueError: at construction, if an argument is of another kind.
    """

    def __init__(
        self,
        transforms: Sequence[dict],
        img_scale: Sequence,
        pts_scale_ratio: float | Sequence[float],
        flip: bool = False,
        flip_direction: str | Sequence[str] = 'horizontal',
        pcd_horizontal_flip: bool = False,
        pcd_vertical_flip: bool = False,
    ) -> None:
        self.transforms = self._compose(transforms)
        self.img_scale = self._scales(img_scale)
        self.pts_scale_ratio = [
            float(number(self, 'pts_scale_ratio', ratio, 1.0, above=0))
            for ratio in _as_list(pts_scale_ratio) or [None]
        ]
        self.flip = switch(self, 'flip', flip)
        self.flip_direction = _as_list(flip_direction)
        if not self.flip_direction or not set(map(str, self.flip_direction)) <= set(_DIRECTIONS):
            kind = f'one or a list of {_DIRECTIONS}'
            raise misfit(self, 'flip_direction', flip_direction, kind, 'horizontal')
        self.pcd_horizontal_flip = switch(self, 'pcd_horizontal_flip', pcd_horizontal_flip)
        self.pcd_vertical_flip = switch(self, 'pcd_vertical_flip', pcd_vertical_flip)

    def _compose(self, transforms: Any) -> Compose:
        is_list = isinstance(transforms, (list, tuple))
        if not is_list or not all(isinstance(each, dict) or callable(each) for each in transforms):
            example = [{'type': 'Collect3D', 'keys': ['points']}]
            raise misfit(self, 'transforms', transforms, 'a list of steps', example)
        return Compose(transforms)

    def _scales(self, img_scale: Any) -> list[tuple]:
        # A config that went through JSON has [1333, 800] for one scale.
        one_scale = not any(isinstance(each, (list, tuple)) for each in _as_list(img_scale))
        scales = [img_scale] if one_scale else list(img_scale)
        return [
            tuple(numbers(self, 'img_scale', scale, [1333, 800], at_least=1)) for scale in scales
        ]

    def __call__(self, results: dict) -> dict:
        """Return a dict of lists, one entry per copy."""
        copies = [self.transforms(self._copy(results, *choice)) for choice in self._choices()]
        return {key: [data[key] for data in copies] for key in copies[0]}

    def _choices(self) -> product:
        horizontal = [False, True] if self.flip and self.pcd_horizontal_flip else [False]
        vertical = [False, True] if self.flip and self.pcd_vertical_flip else [False]
        directions = self.flip_direction
        return product(self.img_scale, self.pts_scale_ratio, horizontal, vertical, directions)

    def _copy(
        self,
        results: dict,
        scale: tuple[int, int],
        ratio: float,
        horizontal: bool,
        vertical: bool,
        direction: str,
    ) -> dict:
        frame = copy.deepcopy(results)
        frame.update(
            scale=scale,
            flip=self.flip,
            pcd_scale_factor=ratio,
            flip_direction=direction,
            pcd_horizontal_flip=horizontal,
            pcd_vertical_flip=vertical,
        )
        return frame
