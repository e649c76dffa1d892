"""Boxes of mmdetection3d before v1.0: (width, length, height), and a clockwise yaw."""

from collections.abc import Iterable, Sequence

import numpy as np

from mmdet3d.core.bbox import limit_period

# Classes that are longer than wide, in lower case; pedestrians are not reliably so.
_LONG = frozenset(
    {'car', 'van', 'truck', 'bus', 'trailer', 'tram', 'vehicle', 'cyclist', 'bicycle'}
    | {'motorcycle', 'motorcyclist', 'construction_vehicle'}
)
# Mean sizes that differ by less than this share do not tell along from across.
_CLEAR = 0.1
# Points that only one of the two readings holds, and how many times more they have to be.
_MIN_POINTS, _TIMES = 5, 3
# Points on a side may lie this far outside, in metres.
_MARGIN = 1e-3


def long_objects(names: Iterable[str]) -> np.ndarray:
    """Tell which of N objects are of a class that is longer than wide, bool of shape (N,)."""
    return np.array([str(name).lower() in _LONG for name in names], dtype=bool)


def old_by_sizes(sizes: np.ndarray) -> bool | None:
    """Tell by their sizes whether boxes of long objects are old ones: vehicles are not wide.

    Args:
        sizes: of shape (N, 2), columns 3 and 4 of the boxes, in metres.

    Returns:
        the answer, or None if the sizes do not tell.
    """
    if not len(sizes):
        return None
    first, second = np.mean(sizes, axis=0)
    if abs(first - second) < _CLEAR * max(first, second):
        return None
    return bool(first < second)


def old_by_points(boxes: np.ndarray, clouds: Sequence[np.ndarray]) -> bool:
    """Tell by the points of objects, which lie in their boxes, whether the boxes are old ones.

    Args:
        boxes: of shape (N, 7 or more), in metres.
        clouds: the points of each, of shape (M, 3 or more), relative to its bottom centre.
    """
    if not len(clouds):
        return False
    points = np.concatenate([np.asarray(cloud)[:, :2] for cloud in clouds])
    owner = np.repeat(np.arange(len(clouds)), [len(cloud) for cloud in clouds])
    as_new = _inside(points, np.asarray(boxes)[owner])
    as_old = _inside(points, new_boxes(boxes)[owner])
    only_new, only_old = (np.count_nonzero(each) for each in (as_new & ~as_old, as_old & ~as_new))
    return only_old >= _MIN_POINTS and only_old > _TIMES * only_new


def _inside(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Whether each of M points lies in its own box of M, seen from above, put at the origin."""
    cos, sin = np.cos(boxes[:, 6]), np.sin(boxes[:, 6])
    along = points[:, 0] * cos + points[:, 1] * sin
    across = points[:, 1] * cos - points[:, 0] * sin
    return (abs(along) <= boxes[:, 3] / 2 + _MARGIN) & (abs(across) <= boxes[:, 4] / 2 + _MARGIN)


def new_boxes(boxes: np.ndarray) -> np.ndarray:
    """Convert old boxes.

    Args:
        boxes: of shape (N, 7 or more); further columns, velocities, are the same in both.

    Returns:
        a copy, of the same shape: (length, width, height), and a counter-clockwise yaw in
        [-pi, pi).
    """
    converted = np.array(boxes)
    converted[:, [3, 4]] = converted[:, [4, 3]]
    converted[:, 6] = limit_period(-converted[:, 6] - np.pi / 2, period=2 * np.pi)
    return converted
