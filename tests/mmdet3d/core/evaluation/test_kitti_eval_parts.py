"""Overlaps and recall sampling of the KITTI benchmark."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdet3d.core.evaluation.kitti_utils.average_precision import (
    average_r11,
    average_r40,
    recall_thresholds,
)
from mmdet3d.core.evaluation.kitti_utils.matching import Pairs, count_matches, matched_scores
from mmdet3d.core.evaluation.kitti_utils.overlaps import (
    bev_ious,
    box_ious,
    image_covers,
    image_ious,
)
from mmdet3d.core.evaluation.kitti_utils.rules import NEUTRAL, OTHER, VALID


def camera_box(x=0.0, y=1.5, z=20.0, length=4.0, height=1.5, width=1.6, rotation_y=0.0):
    return np.array([[x, y, z, length, height, width, rotation_y]])


def test_image_overlaps_by_hand():
    boxes = np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]])
    others = np.array([[5.0, 0, 15, 10], [20, 20, 30, 30], [0, 0, 2, 5]])
    expected = [[1 / 3, 0, 0.1], [0, 1, 0]]
    np.testing.assert_allclose(image_ious(boxes, others), expected)
    np.testing.assert_allclose(image_covers(boxes, others[:1]), [0.5, 0])
    np.testing.assert_allclose(image_covers(boxes, others[:0]), [0, 0])


def test_footprints_turn_as_kitti_defines_rotation_y():
    # Heading is along x at 0 and along z (forward) at -pi/2: at -pi/4 it points right and forward.
    car = camera_box(rotation_y=-np.pi / 4)
    ahead_right = camera_box(x=1.2, z=21.2, length=0.2, width=0.2)
    ahead_left = camera_box(x=-1.2, z=21.2, length=0.2, width=0.2)
    assert bev_ious(car, ahead_right)[0, 0] == pytest.approx(0.04 / 6.4)
    assert bev_ious(car, ahead_left)[0, 0] == 0


def test_vertical_overlap_counts_from_the_bottom_up():
    low, high = camera_box(), camera_box(y=1.5 - 0.75)
    assert box_ious(low, high)[0, 0] == pytest.approx(1 / 3)
    assert bev_ious(low, high)[0, 0] == pytest.approx(1)
    taller = camera_box(height=3.0)
    assert box_ious(low, taller)[0, 0] == pytest.approx(1 / 2)
    assert box_ious(low, camera_box(y=-5.0))[0, 0] == 0


@given(
    st.floats(-50, 50),
    st.floats(-4, 4),
    st.floats(0.1, 10),
    st.floats(0.1, 10),
    st.floats(-10, 10),
)
def test_coincident_boxes_overlap_fully_at_any_angle(x, y, length, width, rotation_y):
    box = camera_box(x=x, y=y, length=length, width=width, rotation_y=rotation_y)
    assert bev_ious(box, box)[0, 0] == pytest.approx(1, abs=1e-6)
    assert box_ious(box, box)[0, 0] == pytest.approx(1, abs=1e-6)


def test_boxes_without_size_overlap_nothing():
    point = camera_box(length=0.0, width=0.0)
    assert bev_ious(point, point)[0, 0] == 0
    assert image_ious(np.zeros((1, 4)), np.zeros((1, 4)))[0, 0] == 0


def one_frame(ious, scores, gt_states=None, dt_states=None):
    ious = np.array(ious, dtype=float)
    num_gt, num_dt = ious.shape
    return Pairs(
        gt_starts=np.array([0, num_gt]),
        dt_starts=np.array([0, num_dt]),
        ious=ious.ravel(),
        iou_starts=np.array([0]),
        gt_states=np.array(gt_states or [VALID] * num_gt, dtype=np.int8),
        dt_states=np.array(dt_states or [VALID] * num_dt, dtype=np.int8),
        scores=np.array(scores, dtype=float),
        covers=np.zeros(num_dt),
        gt_alpha=np.zeros(num_gt),
        dt_alpha=np.full(num_dt, np.pi / 2),
    )


def test_scores_are_collected_by_the_highest_score():
    ious = [[0.75, 0.95], [0.8, 0.0]]
    assert sorted(matched_scores(one_frame(ious, [0.3, 0.9]), 0.7)) == [0.3, 0.9]
    assert sorted(matched_scores(one_frame(ious, [0.9, 0.3]), 0.7)) == [0.9]
    for state in (NEUTRAL, OTHER):
        found = matched_scores(one_frame([[0.75, 0.95]], [0.9, 0.3], dt_states=[state, VALID]), 0.7)
        assert list(found) == ([] if state == NEUTRAL else [0.3])
    neutral_first = one_frame([[0.8], [0.8]], [0.9], gt_states=[NEUTRAL, VALID])
    assert list(matched_scores(neutral_first, 0.7)) == []


def test_matches_are_counted_by_the_largest_overlap():
    thresholds = np.array([0.9, 0.3])
    pairs = one_frame([[0.75, 0.95], [0.8, 0.0]], [0.9, 0.3])
    np.testing.assert_allclose(count_matches(pairs, 0.7, thresholds), [[1, 0, 0.5], [2, 0, 1]])
    neutral = one_frame([[0.75, 0.95]], [0.9, 0.3], dt_states=[VALID, NEUTRAL])
    np.testing.assert_allclose(count_matches(neutral, 0.7, thresholds), [[1, 0, 0.5]] * 2)
    nothing_near = one_frame([[0.7, 0.1]], [0.9, 0.3])
    np.testing.assert_allclose(count_matches(nothing_near, 0.7, thresholds), [[0, 1, 0], [0, 2, 0]])


@given(st.integers(1, 300), st.data())
def test_recall_thresholds_are_found_scores_descending(num_valid, data):
    found = data.draw(st.integers(0, num_valid))
    scores = np.random.default_rng(found).random(found)
    thresholds = recall_thresholds(scores, num_valid)
    assert len(thresholds) <= 41
    assert (np.diff(thresholds) <= 0).all()
    assert set(thresholds) <= set(scores)
    if found == num_valid:
        assert len(thresholds) == 41 and thresholds[-1] == scores.min()


def test_recall_thresholds_pick_the_nearest_recall():
    # 80 objects, all found: recall k/40 is reached exactly at the 2k-th score, recall 0 at the 1st.
    scores = np.arange(80, 0, -1) / 80
    expected = scores[[0, *range(1, 80, 2)]]
    np.testing.assert_array_equal(recall_thresholds(scores, 80), expected)
    np.testing.assert_array_equal(recall_thresholds(scores[:20], 80), scores[[0, *range(1, 20, 2)]])


def test_averages_take_every_fourth_recall_or_all_but_the_first():
    curve = np.zeros(41)
    curve[[0, 4]] = 1, 0.5
    assert average_r11(curve) == pytest.approx(150 / 11)
    assert average_r40(curve) == pytest.approx(50 / 40)
