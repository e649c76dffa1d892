"""The classes that are evaluated: KITTI's, and anybody's own.

The overlaps of KITTI's classes are those of the benchmark's development kit; the loose ones are the
second set that second.pytorch and mmdetection3d print beside them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations


@dataclass(frozen=True)
class KittiClass:
    """A class, its look-alike, and the least overlaps of a match, in the order of ``METRICS``."""

    name: str
    look_alike: str | None
    strict: tuple[float, float, float]
    loose: tuple[float, float, float]


CLASSES = (
    KittiClass('Car', 'Van', (0.7, 0.7, 0.7), (0.7, 0.5, 0.5)),
    KittiClass('Pedestrian', 'Person_sitting', (0.5, 0.5, 0.5), (0.5, 0.25, 0.25)),
    KittiClass('Cyclist', None, (0.5, 0.5, 0.5), (0.5, 0.25, 0.25)),
    KittiClass('Van', None, (0.7, 0.7, 0.7), (0.7, 0.5, 0.5)),
    KittiClass('Person_sitting', None, (0.5, 0.5, 0.5), (0.5, 0.25, 0.25)),
    KittiClass('Truck', None, (0.7, 0.7, 0.7), (0.7, 0.5, 0.5)),
)
KITTI_NAMES = tuple(cls.name for cls in CLASSES)
DONT_CARE = 'DontCare'

# Metres. KITTI asks for the overlaps of cars from classes whose objects are longer than this on
# average (Car 3.9, Van 5, Truck 10), and for those of pedestrians from the others (Cyclist 1.8).
LARGE = 2.5
_LARGE_OVERLAPS, _SMALL_OVERLAPS = (0.7, 0.5), (0.5, 0.25)

Overlaps = Mapping[str, float | Sequence[float]]


def spell(given: str, spellings: Sequence[str]) -> str:
    """Return the one of ``spellings`` that is meant: as it stands, or in any case if one fits."""
    if given in spellings:
        return given
    alike = [name for name in spellings if name.lower() == given.lower()]
    return alike[0] if len(alike) == 1 else given


def class_names(given: str | int | Iterable[str | int]) -> list[str]:
    """Return the names that classes are evaluated by: KITTI's spelling where it is one of KITTI's.

    Args:
        given: names or indices in ``CLASSES``, or a single one.

    Raises:
        ValueError: if there is no class, or no class of an index.
    """
    items = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    if not items:
        raise ValueError(f'current_classes is {given!r}; give at least one class')
    # With both 'van' and 'Van' there are two classes.
    free = [name for name in KITTI_NAMES if name not in items]
    return [spell(item, free) if isinstance(item, str) else _name_at(item) for item in items]


def _name_at(given: Any) -> str:
    number = index(given)
    if not 0 <= number < len(CLASSES):
        allowed = ', '.join(f'{i} = {name!r}' for i, name in enumerate(KITTI_NAMES))
        raise ValueError(f'no KITTI class {given!r}; an index is one of {allowed}')
    return KITTI_NAMES[number]


def read_overlaps(given: Overlaps | None, classes: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read the least overlaps that somebody chooses.

    Args:
        given: for the name of a class one number, or two: strict, loose.
        classes: names of the classes that are evaluated.

    Returns:
        strict and loose overlap by name.

    Raises:
        ValueError: if a name is none of the classes, or a value is not one or two numbers between
            0 and 1, the strict one first.
    """
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(f'min_overlaps={given!r}; expected a dict such as {{"Bus": (0.7, 0.5)}}')
    chosen = {}
    for name, value in (given or {}).items():
        if spell(name, classes) not in classes:
            raise ValueError(f'min_overlaps names {name!r}, the classes are {list(classes)}')
        chosen[spell(name, classes)] = _read_pair(name, value)
    return chosen


def _read_pair(name: str, value: Any) -> tuple[float, float]:
    pair = [value, value] if isinstance(value, (int, float)) else value
    are_two = isinstance(pair, Sequence) and len(pair) == 2
    if not are_two or not all(isinstance(each, (int, float)) for each in pair):
        pair = (0.0, 0.0)  # refused below
    if not 0 < pair[1] <= pair[0] < 1:
        raise ValueError(
            f'min_overlaps of {name} is {value!r}; expected a number between 0 and 1, or two of '
            'them, (strict, loose), the strict one the larger'
        )
    return float(pair[0]), float(pair[1])


def evaluated_classes(
    names: Sequence[str], overlaps: Mapping[str, tuple[float, float]], gt: Annotations
) -> tuple[list[KittiClass], list[str]]:
    """Say what is evaluated, and how.

    A look-alike is neutral unless it is evaluated itself. A class that is not KITTI's and has no
    overlaps takes those of cars where its objects are longer than ``LARGE`` on average, else those
    of pedestrians.

    Args:
        names: see :func:`class_names`.
        overlaps: strict and loose overlap of the classes that have some of their own.
        gt: ground truth, with boxes if a class has none.

    Returns:
        the classes, and the notes on those that took their overlaps by size.
    """
    known = dict(zip(KITTI_NAMES, CLASSES))
    classes, notes = [], []
    for name in names:
        cls = known.get(name) or KittiClass(name, None, (0.0,) * 3, (0.0,) * 3)
        pair = overlaps.get(name)
        if pair is None and name not in known:
            pair, note = _overlaps_by_size(name, gt)
            notes.append(note)
        if pair is not None:
            strict, loose = pair
            cls = replace(cls, strict=(strict,) * 3, loose=(strict, loose, loose))
        classes.append(replace(cls, look_alike=None) if cls.look_alike in names else cls)
    return classes, notes


def _overlaps_by_size(name: str, gt: Annotations) -> tuple[tuple[float, float], str]:
    sides = gt.boxes[gt.names == name][:, [3, 5]].max(axis=1)
    length = sides.mean() if len(sides) else 0.0
    strict, loose = pair = _LARGE_OVERLAPS if length > LARGE else _SMALL_OVERLAPS
    return pair, (
        f'{name}: least overlaps {strict} (strict) and {loose} (loose) for objects that are '
        f'{length:.1f} m long on average; min_overlaps of the data set sets others'
    )
