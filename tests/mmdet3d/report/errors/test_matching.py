"""What is found, badly placed, badly turned, missed, false or a duplicate, against brute force."""

import math

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.report.errors.boxes import Detections, Objects
from mmdet3d.report.errors.classes import ErrorClass
from mmdet3d.report.errors.matching import DETECTION_KINDS, OBJECT_KINDS, match

CLASSES = [ErrorClass('car', 0.5, 2 * np.pi), ErrorClass('barrier', 0.25, np.pi)]
CLASSES.append(ErrorClass('traffic_cone', 0.25, 0.0))
CAR = [10.0, 2, -1, 4, 2, 1.5, 0.3]


def objects_of(rows, labels=None, frames=None, counted=None) -> Objects:
    boxes = np.array(rows, dtype=float).reshape(-1, 7)
    n = len(boxes)
    zeros = np.zeros(n, dtype=int)
    return Objects(
        zeros if frames is None else np.array(frames),
        boxes,
        zeros if labels is None else np.array(labels),
        zeros,
        np.ones(n, bool) if counted is None else np.array(counted),
    )


def found_of(rows, labels=None, frames=None, scores=None) -> Detections:
    objects = objects_of(rows, labels, frames)
    n = len(objects)
    scores = np.linspace(0.9, 0.1, n) if scores is None else np.array(scores)
    return Detections(objects.frames, objects.boxes, objects.labels, objects.points, scores)


def kinds(objects: Objects, found: Detections) -> tuple[list[str], list[str], list[bool]]:
    matched = match(objects, found, CLASSES)
    return (
        [OBJECT_KINDS[kind] if kind >= 0 else 'neutral' for kind in matched.object_kinds],
        [DETECTION_KINDS[kind] for kind in matched.detection_kinds],
        matched.flipped.tolist(),
    )


def moved(x: float = 0, yaw: float = 0) -> list[float]:
    return [CAR[0] + x, *CAR[1:6], CAR[6] + yaw]


@pytest.mark.parametrize(
    'box, kind, flipped',
    [
        (moved(), 'found', False),
        (moved(yaw=math.radians(29)), 'found', False),
        (moved(yaw=math.radians(31)), 'badly turned', False),
        (moved(yaw=math.pi), 'badly turned', True),
        (moved(yaw=-math.pi), 'badly turned', True),
        (moved(yaw=5 * math.pi), 'badly turned', True),
        (moved(yaw=2 * math.pi), 'found', False),
        (moved(x=1.5), 'badly placed', False),
        (moved(x=1.5, yaw=math.pi / 2), 'badly turned', False),
    ],
)
def test_one_box_for_one_object(box, kind, flipped):
    assert kinds(objects_of([CAR]), found_of([box])) == ([kind], [kind], [flipped])


def test_a_box_too_far_away_is_false_and_the_object_missed():
    assert kinds(objects_of([CAR]), found_of([moved(x=2.5)])) == (['missed'], ['false'], [False])


def test_a_box_of_another_class_or_frame_finds_nothing():
    assert kinds(objects_of([CAR]), found_of([CAR], labels=[1]))[:2] == (['missed'], ['false'])
    assert kinds(objects_of([CAR]), found_of([CAR], frames=[1]))[:2] == (['missed'], ['false'])


def test_the_best_score_finds_and_the_others_are_duplicates():
    found = found_of([moved(x=0.1), CAR, moved(x=1.5)], scores=[0.2, 0.9, 0.5])
    assert kinds(objects_of([CAR]), found)[:2] == (['found'], ['duplicate', 'found', 'duplicate'])


def test_a_box_that_overlaps_goes_before_one_that_is_only_near():
    found = found_of([moved(x=1.5), CAR], scores=[0.9, 0.2])
    assert kinds(objects_of([CAR]), found)[:2] == (['found'], ['duplicate', 'found'])


def test_what_belongs_to_a_neutral_object_is_neither_right_nor_wrong():
    objects = objects_of([CAR, moved(x=30)], counted=[False, True])
    found = found_of([CAR, moved(x=0.1), moved(x=30)])
    assert kinds(objects, found)[:2] == (['neutral', 'found'], ['neutral', 'neutral', 'found'])


@pytest.mark.parametrize('label, turn', [(1, math.pi), (2, 1.0), (2, math.pi)])
def test_a_barrier_has_no_front_and_a_cone_no_heading(label, turn):
    square = [10.0, 2, -1, 1, 1, 1, 0]
    turned = [*square[:6], turn]
    assert kinds(objects_of([square], [label]), found_of([turned], [label]))[0] == ['found']


@pytest.mark.parametrize('rows, boxes', [([], []), ([CAR], []), ([], [CAR])])
def test_nothing_there_or_nothing_found(rows, boxes):
    expected = ['missed'] * len(rows), ['false'] * len(boxes), [False] * len(rows)
    assert kinds(objects_of(rows), found_of(boxes)) == expected


def brute_force(objects: Objects, found: Detections) -> tuple[list[str], list[str]]:
    """The definition, pair by pair."""
    taken: dict[int, tuple[int, int]] = {}
    of_found = ['false'] * len(found)
    order = sorted(range(len(found)), key=lambda d: (found.frames[d], -found.scores[d]))

    def pairs(d: int):
        for t in range(len(objects)):
            if objects.frames[t] == found.frames[d] and objects.labels[t] == found.labels[d]:
                a, b = (
                    LiDARInstance3DBoxes(torch.from_numpy(each.boxes[i : i + 1]).float())
                    for each, i in ((objects, t), (found, d))
                )
                overlap = float(a.overlaps(a, b))
                gap = math.dist(objects.boxes[t, :2], found.boxes[d, :2])
                near = gap <= math.hypot(*objects.boxes[t, 3:5]) / 2
                yield t, overlap, gap, near, overlap > CLASSES[objects.labels[t]].min_overlap

    for turn in (1, 2):
        for d in order:
            if any(owner == d for owner, _ in taken.values()):
                continue
            options = [
                (overlap if turn == 1 else -gap, t)
                for t, overlap, gap, near, enough in pairs(d)
                if t not in taken and (enough if turn == 1 else near)
            ]
            if options:
                taken[max(options)[1]] = d, turn
    of_objects = ['missed'] * len(objects)
    for t, (d, turn) in taken.items():
        period = CLASSES[objects.labels[t]].period
        off = 0.0
        if period:
            off = abs(objects.boxes[t, 6] - found.boxes[d, 6]) % period
            off = min(off, period - off)
        kind = 'badly turned' if off > math.radians(30) else ('found', 'badly placed')[turn - 1]
        of_objects[t] = of_found[d] = kind
    for d in range(len(found)):
        if of_found[d] == 'false' and any(near or enough for *_, near, enough in pairs(d)):
            of_found[d] = 'duplicate'
    return of_objects, of_found


@pytest.mark.parametrize('seed', range(3))
def test_crowds_are_judged_as_pair_by_pair(seed):
    rng = np.random.default_rng(seed)

    def crowd(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = rng.uniform(0, 14, (n, 2))
        size = rng.uniform([2, 1, 1], [4, 2, 2], (n, 3))
        rows = [place, np.full((n, 1), -1.0), size, rng.uniform(-7, 7, (n, 1))]
        return np.hstack(rows), rng.integers(0, 3, n), np.sort(rng.integers(0, 3, n))

    rows, labels, frames = crowd(60)
    near = rng.permutation(60)[:40]
    near = near[np.argsort(frames[near], kind='stable')]
    noisy = rows[near] + rng.normal(0, 0.4, (40, 7)) * [1, 1, 0.2, 0, 0, 0, 1]
    more, their_labels, their_frames = crowd(50)
    boxes = np.concatenate([noisy, more])
    of_all = np.concatenate([frames[near], their_frames])
    order = np.argsort(of_all, kind='stable')
    of_class = np.concatenate([labels[near], their_labels])
    objects = objects_of(rows, labels, frames)
    found = found_of(boxes[order], of_class[order], of_all[order], rng.permutation(90) / 90)
    of_objects, of_found, _ = kinds(objects, found)
    assert (of_objects, of_found) == brute_force(objects, found)
    assert set(of_objects) == set(OBJECT_KINDS)
    assert set(of_found) == set(DETECTION_KINDS) - {'neutral'}
