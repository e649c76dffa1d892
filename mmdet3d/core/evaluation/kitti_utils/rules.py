"""What the KITTI object benchmark counts: its classes, difficulties and who takes part.

The constants are those of the benchmark's development kit; the loose overlaps are the second set
that second.pytorch and mmdetection3d print beside them.
"""

from dataclasses import dataclass
from operator import index

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations

METRICS = ('bbox', 'bev', '3d')
EVAL_TYPES = (*METRICS, 'aos')

OTHER, VALID, NEUTRAL = -1, 0, 1
"""Part of a box in the matching: none; counted; matched but neither rewarded nor punished."""


@dataclass(frozen=True)
class KittiClass:
    """A class, its look-alike, and the least overlaps of a match, in the order of ``METRICS``."""

    name: str
    look_alike: str | None
    strict: tuple[float, float, float]
    loose: tuple[float, float, float]


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


CLASSES = (
    KittiClass('Car', 'Van', (0.7, 0.7, 0.7), (0.7, 0.5, 0.5)),
    KittiClass('Pedestrian', 'Person_sitting', (0.5, 0.5, 0.5), (0.5, 0.25, 0.25)),
    KittiClass('Cyclist', None, (0.5, 0.5, 0.5), (0.5, 0.25, 0.25)),
    KittiClass('Van', None, (0.7, 0.7, 0.7), (0.7, 0.5, 0.5)),
    KittiClass('Person_sitting', None, (0.5, 0.5, 0.5), (0.5, 0.25, 0.25)),
    KittiClass('Truck', None, (0.7, 0.7, 0.7), (0.7, 0.5, 0.5)),
)

DIFFICULTIES = (
    Difficulty('easy', 40, 0, 0.15),
    Difficulty('moderate', 25, 1, 0.30),
    Difficulty('hard', 25, 2, 0.50),
)


def find_class(given: str | int) -> KittiClass:
    """Return the class of a name (any case) or of its index in ``CLASSES``.

    Raises:
        ValueError: if there is no such class.
    """
    by_key = {cls.name.lower(): cls for cls in CLASSES} | dict(enumerate(CLASSES))
    key = given.lower() if isinstance(given, str) else index(given)
    if key not in by_key:
        allowed = ', '.join(f'{i} = {cls.name!r}' for i, cls in enumerate(CLASSES))
        raise ValueError(f'no KITTI class {given!r}; allowed, as index or name: {allowed}')
    return by_key[key]


def gt_states(gt: Annotations, cls: KittiClass, difficulty: Difficulty) -> np.ndarray:
    """Return the part of every ground truth box, (G,) int8 of ``OTHER``, ``VALID``, ``NEUTRAL``."""
    too_hard = difficulty.excludes(gt.heights, gt.occluded, gt.truncated)
    states = np.full(len(gt.names), OTHER, dtype=np.int8)
    states[gt.names == cls.name.lower()] = VALID
    states[(states == VALID) & too_hard] = NEUTRAL
    if cls.look_alike is not None:
        states[gt.names == cls.look_alike.lower()] = NEUTRAL
    return states


def dt_states(dt: Annotations, cls: KittiClass, difficulty: Difficulty) -> np.ndarray:
    """Return the part of every detection, (D,) int8 of ``OTHER``, ``VALID``, ``NEUTRAL``.

    As in the development kit, a detection too low in the image is neutral whatever its class.
    """
    states = np.full(len(dt.names), OTHER, dtype=np.int8)
    states[dt.names == cls.name.lower()] = VALID
    states[dt.heights < difficulty.min_height] = NEUTRAL
    return states
