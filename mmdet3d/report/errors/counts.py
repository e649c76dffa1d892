"""How many objects and detections are right or wrong, by class, range and number of points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mmdet3d.report.errors.boxes import Detections, Objects
from mmdet3d.report.errors.classes import ErrorClass
from mmdet3d.report.errors.matching import DETECTION_KINDS, OBJECT_KINDS, Matched

COLUMNS = (
    *('objects', 'found', 'badly placed', 'badly turned', 'flipped', 'missed'),
    *('false', 'duplicate'),
)
GROUPINGS = ('all', 'class', 'range', 'points')
_RANGES = (0, 20, 40, np.inf)
_POINTS = (0, 5, 20, 100, np.inf)


@dataclass(frozen=True)
class Count:
    """One row of the table.

    Attributes:
        grouping: one of :data:`GROUPINGS`.
        group: which part of it, such as ``Car`` or ``20-40 m``.
        numbers: by :data:`COLUMNS`.
    """

    grouping: str
    group: str
    numbers: dict[str, int]


def count_errors(
    objects: Objects, found: Detections, matched: Matched, classes: Sequence[ErrorClass]
) -> list[Count]:
    """Count what :func:`mmdet3d.report.errors.matching.match` told.

    An object is counted by its own range and points; a false or duplicate detection by its own.

    Args:
        objects: ground truth.
        found: detections.
        matched: what became of both.
        classes: the classes, in label order.
    """
    counts = []
    for grouping, group, of_objects, of_found in _groups(objects, found, classes):
        kinds = matched.object_kinds[of_objects]
        others = matched.detection_kinds[of_found]
        numbers = {'objects': int(np.count_nonzero(kinds >= 0))}
        numbers |= {name: _number(kinds, OBJECT_KINDS.index(name)) for name in OBJECT_KINDS}
        numbers['flipped'] = int(matched.flipped[of_objects].sum())
        numbers |= {
            name: _number(others, DETECTION_KINDS.index(name)) for name in ('false', 'duplicate')
        }
        counts.append(Count(grouping, group, {name: numbers[name] for name in COLUMNS}))
    return counts


def _number(kinds: np.ndarray, kind: int) -> int:
    return int(np.count_nonzero(kinds == kind))


def _groups(
    objects: Objects, found: Detections, classes: Sequence[ErrorClass]
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Name each group, and tell which objects and which detections are in it, bool arrays."""
    yield 'all', 'all', np.ones(len(objects), dtype=bool), np.ones(len(found), dtype=bool)
    for label, cls in enumerate(classes):
        yield 'class', cls.name, objects.labels == label, found.labels == label
    for name, low, high in zip(range_names(), _RANGES[:-1], _RANGES[1:]):
        yield 'range', name, _between(objects.ranges, low, high), _between(found.ranges, low, high)
    for name, low, high in zip(point_names(), _POINTS[:-1], _POINTS[1:]):
        yield 'points', name, _between(objects.points, low, high), _between(found.points, low, high)


def _between(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return (low <= values) & (values < high)


def range_names() -> list[str]:
    """Name the ranges, such as ``20-40 m``."""
    names = [f'{low:g}-{high:g} m' for low, high in pairwise(_RANGES[:-1])]
    return [*names, f'{_RANGES[-2]:g}+ m']


def point_names() -> list[str]:
    """Name the numbers of points, such as ``5-19``."""
    names = [f'{low}-{high - 1:g}' for low, high in pairwise(_POINTS[:-1])]
    return [*names, f'{_POINTS[-2]}+']
