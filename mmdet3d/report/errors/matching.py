"""Which detection belongs to which object, and in what way it is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import torch

from mmdet3d.core.bbox import bbox_overlaps_3d
from mmdet3d.report.errors.boxes import Detections, Objects
from mmdet3d.report.errors.classes import ErrorClass

OBJECT_KINDS = ('found', 'badly placed', 'badly turned', 'missed')
DETECTION_KINDS = ('found', 'badly placed', 'badly turned', 'duplicate', 'false', 'neutral')
TURNED, FLIPPED = np.radians(30), np.radians(150)

_FOUND, _PLACED, _TURNED, _MISSED = range(4)
_DUPLICATE, _FALSE, _NEUTRAL = 3, 4, 5


@dataclass(frozen=True)
class Matched:
    """What became of objects and detections.

    Attributes:
        object_kinds: index in :data:`OBJECT_KINDS` of each object, of shape (G,); -1 for neutral.
        detection_kinds: index in :data:`DETECTION_KINDS` of each detection, of shape (D,).
        flipped: bool of shape (G,), objects that are badly turned by more than 150 degrees.
        overlapping: bool of shape (D,), detections that took their object in the first round.
    """

    object_kinds: np.ndarray
    detection_kinds: np.ndarray
    flipped: np.ndarray
    overlapping: np.ndarray


def match(objects: Objects, found: Detections, classes: Sequence[ErrorClass]) -> Matched:
    """Tell right from wrong, within each class and frame.

    Detections choose in the order of their scores, in two rounds. In the first, each takes the free
    object that it overlaps most, by more than the class's least overlap. In the second, each that
    is left takes the free object with the nearest centre, if its own lies within the circle around
    that object's footprint. An object is

    * badly turned if it was taken by a box whose heading is off by more than 30 degrees, and
      flipped if by more than 150,
    * else found if that was in the first round, and badly placed if in the second,
    * missed if it was not taken.

    A detection that took no object is a duplicate if it overlaps a taken one enough or its centre
    is that near to one, and else false. What belongs to a neutral object is neutral.

    Args:
        objects: ground truth.
        found: detections in the same frames.
        classes: the classes, in label order.
    """
    owners = np.full(len(found), -1)
    in_first = np.zeros(len(found), dtype=bool)
    rivals = np.full(len(found), -1)
    limits = np.array([cls.min_overlap for cls in classes])
    for frame in np.intersect1d(objects.frames, found.frames):
        rows, columns = (
            np.arange(*np.searchsorted(each.frames, [frame, frame + 1]))
            for each in (objects, found)
        )
        columns = columns[np.argsort(-found.scores[columns], kind='stable')]
        chosen, first, rival = _match_frame(
            objects.boxes[rows], objects.labels[rows], found.boxes[columns], found.labels[columns],
            limits,
        )  # fmt: skip
        owners[columns] = np.where(chosen >= 0, rows[chosen], -1)
        rivals[columns] = np.where(rival >= 0, rows[rival], -1)
        in_first[columns] = first
    return _judge(objects, found, classes, owners, in_first, rivals)


def _match_frame(
    objects: np.ndarray,
    object_labels: np.ndarray,
    found: np.ndarray,
    found_labels: np.ndarray,
    limits: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match the detections (D, 7) of a frame, by descending score, with its objects (G, 7).

    Returns:
        the object that each detection took, whether in the first round, and the one that it is a
        duplicate of if it took none; -1 for none, each of shape (D,).
    """
    alike = found_labels[:, None] == object_labels
    overlaps = bbox_overlaps_3d(
        torch.from_numpy(found), torch.from_numpy(objects), coordinate='lidar'
    ).numpy()
    gaps = np.linalg.norm(found[:, None, :2] - objects[:, :2], axis=2)
    near = alike & (gaps <= np.linalg.norm(objects[:, 3:5], axis=1) / 2)
    enough = alike & (overlaps > limits[object_labels])
    taken = np.zeros(len(objects), dtype=bool)
    chosen = np.full(len(found), -1)
    _choose(np.where(enough, overlaps, -np.inf), taken, chosen)
    first = chosen >= 0
    _choose(np.where(near, -gaps, -np.inf), taken, chosen)
    closeness = np.where(enough | near, -gaps, -np.inf)
    is_rival = (enough | near).any(axis=1)
    return chosen, first, np.where(is_rival, closeness.argmax(axis=1), -1)


@numba.njit(cache=True)
def _choose(worth: np.ndarray, taken: np.ndarray, chosen: np.ndarray) -> None:
    """Let each row of ``worth`` (D, G) in turn take its best free column; -inf is no choice."""
    for row in range(len(worth)):
        if chosen[row] >= 0:
            continue
        best = -1
        for column in range(worth.shape[1]):
            value = worth[row, column]
            if taken[column] or value == -np.inf:
                continue
            if best < 0 or value > worth[row, best]:
                best = column
        if best >= 0:
            taken[best] = True
            chosen[row] = best


def _judge(
    objects: Objects,
    found: Detections,
    classes: Sequence[ErrorClass],
    owners: np.ndarray,
    in_first: np.ndarray,
    rivals: np.ndarray,
) -> Matched:
    matched = np.flatnonzero(owners >= 0)
    owned = owners[matched]
    periods = np.array([cls.period for cls in classes])[objects.labels[owned]]
    off = heading_difference(objects.boxes[owned, 6], found.boxes[matched, 6], periods)
    kinds = np.where(off > TURNED, _TURNED, np.where(in_first[matched], _FOUND, _PLACED))
    object_kinds = np.full(len(objects), _MISSED)
    object_kinds[owned] = kinds
    object_kinds[~objects.counted] = -1
    flipped = np.zeros(len(objects), dtype=bool)
    flipped[owned] = off > FLIPPED
    detection_kinds = np.where(rivals >= 0, _DUPLICATE, _FALSE)
    detection_kinds[matched] = kinds
    belongs = np.where(owners >= 0, owners, rivals)
    is_neutral = (belongs >= 0) & ~np.append(objects.counted, True)[belongs]
    detection_kinds[is_neutral] = _NEUTRAL
    return Matched(object_kinds, detection_kinds, flipped & objects.counted, in_first)


def heading_difference(first: np.ndarray, second: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Return the angle between headings, in [0, period / 2].

    Args:
        first: angles in radians, of shape (N,).
        second: likewise.
        periods: angles that differ by so much are alike, of shape (N,); 0 where all are.
    """
    safe = np.where(periods > 0, periods, 1.0)
    off = np.abs((first - second + safe / 2) % safe - safe / 2)
    return np.where(periods > 0, off, 0.0)
