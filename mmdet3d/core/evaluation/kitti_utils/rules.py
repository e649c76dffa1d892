"""What the KITTI object benchmark counts: its difficulties, and who takes part.

The constants are those of the benchmark's development kit.
"""

from dataclasses import dataclass, replace

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations
from mmdet3d.core.evaluation.kitti_utils.classes import DONT_CARE, KittiClass

METRICS = ('bbox', 'bev', '3d')
EVAL_TYPES = (*METRICS, 'aos')

OTHER, VALID, NEUTRAL = -1, 0, 1
"""Part of a box in the matching: none; counted; matched but neither rewarded nor punished."""


@dataclass(frozen=True)
class Difficulty:
    """Objects at most this hard to see; ``min_height`` is in pixels."""

    name: str
    min_height: float
    max_occlusion: int
    max_truncation: float

    def excludes(
        self, heights: np.ndarray, occluded: np.ndarray, truncated: np.ndarray
    ) -> np.ndarray:
        """Tell which objects are harder to see than this; arrays of shape (N,)."""
        return (
            (occluded > self.max_occlusion)
            | (truncated > self.max_truncation)
            | (heights <= self.min_height)
        )


DIFFICULTIES = (
    Difficulty('easy', 40, 0, 0.15),
    Difficulty('moderate', 25, 1, 0.30),
    Difficulty('hard', 25, 2, 0.50),
)


def in_image(gt: Annotations) -> np.ndarray:
    """Tell which objects, DontCare aside, have a box in an image with any area; bool."""
    boxes = gt.bbox[gt.names != DONT_CARE]
    return (boxes[:, 2:] > boxes[:, :2]).all(axis=1)


def difficulties_of(gt: Annotations) -> tuple[Difficulty, ...]:
    """Return the difficulties to evaluate at; without boxes in an image, heights do not count."""
    objects = in_image(gt)
    if not len(objects) or objects.any():
        return DIFFICULTIES
    return tuple(replace(each, min_height=-1.0) for each in DIFFICULTIES)


def gt_states(gt: Annotations, cls: KittiClass, difficulty: Difficulty) -> np.ndarray:
    """Return the part of every ground truth box, (G,) int8 of ``OTHER``, ``VALID``, ``NEUTRAL``."""
    too_hard = difficulty.excludes(gt.heights, gt.occluded, gt.truncated)
    states = np.full(len(gt.names), OTHER, dtype=np.int8)
    states[gt.names == cls.name] = VALID
    states[(states == VALID) & too_hard] = NEUTRAL
    if cls.look_alike is not None:
        states[gt.names == cls.look_alike] = NEUTRAL
    return states


def dt_states(dt: Annotations, cls: KittiClass, difficulty: Difficulty) -> np.ndarray:
    """Return the part of every detection, (D,) int8 of ``OTHER``, ``VALID``, ``NEUTRAL``.

    As in the development kit, a detection too low in the image is neutral whatever its class.
    """
    states = np.full(len(dt.names), OTHER, dtype=np.int8)
    states[dt.names == cls.name] = VALID
    states[dt.heights < difficulty.min_height] = NEUTRAL
    return states
