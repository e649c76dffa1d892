"""Test-time augmentation."""

import copy
from collections.abc import Sequence
from itertools import product
from typing import Any

from mmdet.datasets.pipelines import Compose

from mmdet3d.datasets.builder import PIPELINES


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@PIPELINES.register_module()
class MultiScaleFlipAug3D:
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
        self.transforms = Compose(transforms)
        # A config that went through JSON has [1333, 800] for one scale.
        one_scale = not isinstance(img_scale[0], (list, tuple))
        self.img_scale = [tuple(img_scale)] if one_scale else [tuple(s) for s in img_scale]
        self.pts_scale_ratio = [float(ratio) for ratio in _as_list(pts_scale_ratio)]
        self.flip = flip
        self.flip_direction = _as_list(flip_direction)
        self.pcd_horizontal_flip = pcd_horizontal_flip
        self.pcd_vertical_flip = pcd_vertical_flip

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
