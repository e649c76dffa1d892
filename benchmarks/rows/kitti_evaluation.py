"""The KITTI benchmark with all its metrics, on the validation set's number of frames."""

from functools import cache
from unittest import mock

import numpy as np

from benchmarks.rows.row import Row, milliseconds, peak_memory
from mmdet3d.core.evaluation import kitti_eval
from mmdet3d.core.evaluation.kitti_utils import average_precision, matching

FRAMES, FEW, OBJECTS = 3769, 40, 8
CLASSES = ['Pedestrian', 'Cyclist', 'Car']
# Length, height and width in metres.
SIZES = np.array([[0.8, 1.73, 0.6], [1.76, 1.73, 0.6], [3.9, 1.56, 1.6]])
PIXELS = 720.0  # focal length

Frames = list[dict[str, np.ndarray]]


@cache
def prepare() -> tuple[Frames, Frames]:
    """Return made-up objects, and as many detections that are somewhat off."""
    rng = np.random.default_rng(0)
    return tuple(zip(*(_frame(rng) for _ in range(FRAMES))))


def shipped(frames: int = FRAMES) -> dict[str, float]:
    """Return all figures."""
    truth, found = prepare()
    return kitti_eval(truth[:frames], found[:frames], CLASSES)[1]


def plain() -> dict[str, float]:
    """Return the figures of a few frames, with the matching in plain Python."""
    names = '_highest_score', '_largest_overlap', '_count_false'
    inner = {name: getattr(matching, name).py_func for name in names}
    outer = {name: getattr(matching, name).py_func for name in ('matched_scores', 'count_matches')}
    with mock.patch.multiple(matching, **inner), mock.patch.multiple(average_precision, **outer):
        return shipped(FEW)


def rows() -> list[Row]:
    """Measure a few frames both ways, and all as shipped.

    Raises:
        AssertionError: if the two versions give other figures.
    """
    ours, expected = shipped(FEW), plain()
    np.testing.assert_allclose(list(ours.values()), list(expected.values()))
    work = 'KITTI evaluation, {:,} frames of {} detections, all metrics'
    return [
        Row(
            work.format(FEW, OBJECTS), milliseconds(plain, 1), milliseconds(lambda: shipped(FEW), 3)
        ),
        Row(
            work.format(FRAMES, OBJECTS),
            None,
            milliseconds(shipped, 3),
            shipped_memory=peak_memory('kitti_evaluation', 'shipped()'),
        ),
    ]


def _frame(rng: np.random.Generator) -> tuple[dict, dict]:
    kinds = rng.integers(0, len(CLASSES), OBJECTS)
    depth = rng.uniform(8, 45, OBJECTS)
    location = np.stack([depth * rng.uniform(-0.7, 0.7, OBJECTS), np.full(OBJECTS, 1.65), depth], 1)
    yaw = rng.uniform(-3, 3, OBJECTS)
    truth = _annotation(kinds, location, SIZES[kinds], yaw)
    moved = location + rng.normal(0, 0.1, location.shape)
    sizes = SIZES[kinds] * rng.uniform(0.95, 1.05, (OBJECTS, 3))
    found = _annotation(kinds, moved, sizes, yaw + rng.normal(0, 0.1, OBJECTS))
    return truth, {**found, 'score': rng.uniform(0, 1, OBJECTS)}


def _annotation(
    kinds: np.ndarray, location: np.ndarray, sizes: np.ndarray, yaw: np.ndarray
) -> dict[str, np.ndarray]:
    x, bottom, depth = location.T
    half, scale = sizes[:, 0] / 2, PIXELS / depth
    left, right = 610 + scale * (x - half), 610 + scale * (x + half)
    low = 180 + scale * bottom
    return {
        'name': np.array(CLASSES)[kinds],
        'truncated': np.zeros(OBJECTS),
        'occluded': np.zeros(OBJECTS, dtype=int),
        'alpha': yaw - np.arctan2(x, depth),
        'bbox': np.stack([left, low - scale * sizes[:, 1], right, low], axis=1),
        'dimensions': sizes,
        'location': location,
        'rotation_y': yaw,
    }
