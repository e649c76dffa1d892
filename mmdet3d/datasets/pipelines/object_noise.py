"""Moving each object a little, its points with it."""

from collections.abc import Sequence

import numpy as np

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.on_cpu.box_collision import first_free_try, seen_from_above
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.utils.arguments import (
    ShowsArguments,
    per_axis,
    symmetric_interval,
    whole,
)

# Below this width mmdetection3d takes the range of the rotation about the sensor for "none".
_MIN_GLOBAL_RANGE = 1e-3


@PIPELINES.register_module()
class ObjectNoise(ShowsArguments):
    """Turn and move every object at random, without letting it run into another.

    Source: Zhou and Tuzel, VoxelNet, CVPR 2018, section 3.2 (first form of augmentation).

    Args:
        translation_std: standard deviations (x, y, z) of the normal translation in metres; a number
            holds for all three.
        global_rot_range: (low, high) of the uniform direction, in radians from the y axis towards
            the x axis, that an object is carried to around the sensor; a range narrower than 1e-3
            means that it is not. A number r means (-r, r), here and below.
        rot_range: (low, high) of the uniform rotation about the object's own axis in radians.
        num_try: places proposed for each object; the first without a collision is taken, and an
            object without one stays where it is.

    Raises:
        ValueError: at construction, if ``num_try`` is not positive, or another argument malformed.
    """

    def __init__(
        self,
        translation_std: float | Sequence[float] = (0.25, 0.25, 0.25),
        global_rot_range: float | Sequence[float] = (0.0, 0.0),
        rot_range: float | Sequence[float] = (-0.15707963267, 0.15707963267),
        num_try: int = 100,
    ) -> None:
        self.translation_std = per_axis(
            self, 'translation_std', translation_std, [0.25, 0.25, 0.25]
        )
        self.global_rot_range = symmetric_interval(
            self, 'global_rot_range', global_rot_range, [0.0, 0.0]
        )
        self.rot_range = symmetric_interval(self, 'rot_range', rot_range, [-0.785, 0.785])
        self.num_try = whole(self, 'num_try', num_try, 100, at_least=1)

    def __call__(self, results: dict) -> dict:
        """Replace ``gt_bboxes_3d`` and ``points``; boxes keep their order and their size."""
        old = results['gt_bboxes_3d'].tensor.numpy()
        tries = self._propose(old.astype(np.float64))
        taken = first_free_try(seen_from_above(old), seen_from_above(tries))
        moved = np.flatnonzero(taken >= 0)
        new = old.copy()
        new[moved] = tries[moved, taken[moved]]

        points = results['points'].tensor.numpy()
        points = _carry_points(points, old[moved], new[moved])
        results['gt_bboxes_3d'] = results['gt_bboxes_3d'].new_box(new)
        results['points'] = results['points'].new_point(points)
        return results

    def _propose(self, boxes: np.ndarray) -> np.ndarray:
        size = (len(boxes), self.num_try)
        shift = np.random.normal(scale=self.translation_std, size=(*size, 3))
        turn = np.random.uniform(self.rot_range[0], self.rot_range[1], size=size)
        tries = np.repeat(boxes[:, None], self.num_try, axis=1)
        low, high = self.global_rot_range
        if abs(high - low) >= _MIN_GLOBAL_RANGE:
            direction = np.random.uniform(low, high, size=size)
            orbit = np.arctan2(boxes[:, 0], boxes[:, 1])[:, None] - direction
            tries[..., :2] = _rotate(tries[..., :2], orbit)
            turn = turn + orbit
        tries[..., :3] += shift
        tries[..., 6] += turn
        return tries


def _rotate(xy: np.ndarray, angle: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = xy[..., 0], xy[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _carry_points(points: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    inside = points_in_boxes(points, old[:, :7])
    carried = np.flatnonzero(inside.any(axis=1))
    # A point in several boxes goes with the first of them.
    owner = inside[carried].argmax(axis=1) if len(carried) else carried
    old, new = old[owner], new[owner]
    moved = points.copy()
    offset = points[carried, :2] - old[:, :2]
    moved[carried, :2] = _rotate(offset, new[:, 6] - old[:, 6]) + new[:, :2]
    moved[carried, 2] += new[:, 2] - old[:, 2]
    return moved
