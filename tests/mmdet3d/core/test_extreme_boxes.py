"""Boxes that are not finite, not positive or huge: their overlaps, angles and codes."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.extremes import boxes, is_sound, numbers, rounds

from mmdet3d.core.bbox import (
    Box3DMode,
    CameraInstance3DBoxes,
    LiDARInstance3DBoxes,
    bbox_overlaps_3d,
    bbox_overlaps_nearest_3d,
    limit_period,
)
from mmdet3d.core.bbox.coders import DeltaXYZWLHRBBoxCoder, PointXYZWHLRBBoxCoder
from mmdet3d.core.evaluation.kitti_utils.overlaps import (
    bev_ious,
    box_ious,
    image_covers,
    image_ious,
)

ANGLES = [0.0, math.pi, -math.pi, 1e6, -1e6, 1e15, 1e30, -1e30, 3.4e38, 6.283185307179586]
HUGE = st.floats(allow_nan=False, allow_infinity=False)
HUGE32 = st.floats(allow_nan=False, allow_infinity=False, width=32)
SEEDS = st.integers(0, 2**63)


@rounds
@given(boxes, boxes, st.sampled_from(['iou', 'iof']), st.sampled_from(['lidar', 'camera']))
def test_overlaps_lie_in_their_range(a, b, mode, coordinate):
    first, second = torch.from_numpy(a), torch.from_numpy(b)
    sound = is_sound(a, 3, 6)[:, None] & is_sound(b, 3, 6)
    for measure in (bbox_overlaps_3d, bbox_overlaps_nearest_3d):
        found = measure(first, second, mode=mode, coordinate=coordinate)
        assert ((found >= 0) & (found <= 1)).all()
        assert not found.numpy()[~sound].any()


@rounds
@given(boxes)
def test_a_sound_box_of_some_size_covers_itself(a):
    size = a[:, 3:6]
    rows = torch.from_numpy(a[is_sound(a, 3, 6) & (size > 0.1).all(axis=1)])
    rows[:, :6].clamp_(-1e6, 1e6)  # farther out float32 cannot tell the ends of a box apart
    assert (bbox_overlaps_3d(rows, rows, coordinate='lidar').diagonal() > 0.4).all()


@rounds
@given(HUGE, st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([math.pi, 2 * math.pi]))
def test_angles_wrap_into_their_range(angle, offset, period):
    wrapped = float(limit_period(angle, offset, period))
    assert -offset * period <= wrapped < (1 - offset) * period


@rounds
@given(st.lists(st.one_of(HUGE32, st.sampled_from(ANGLES)), min_size=1, max_size=8))
def test_yaws_of_boxes_wrap_into_their_range(angles):
    rows = torch.zeros(len(angles), 7)
    rows[:, 6] = torch.tensor(angles)
    for kind in (LiDARInstance3DBoxes, CameraInstance3DBoxes):
        wrapped = kind(rows)
        wrapped.limit_yaw(0.5, 2 * math.pi)
        assert all(-math.pi <= yaw < math.pi for yaw in wrapped.yaw.tolist())
    camera = Box3DMode.convert(rows, Box3DMode.LIDAR, Box3DMode.CAM)
    assert all(-math.pi <= yaw < math.pi for yaw in camera[:, 6].tolist())


@rounds
@given(st.floats(-1e6, 1e6, width=32))
def test_wrapping_keeps_the_direction(angle):
    for values in (torch.tensor([angle]), np.float32([angle]), np.array([angle])):
        (wrapped,) = limit_period(values, 0.5, 2 * math.pi).tolist()
        assert math.isclose(math.cos(wrapped), math.cos(angle), abs_tol=1e-6)
        assert math.isclose(math.sin(wrapped), math.sin(angle), abs_tol=1e-6)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_angles_within_the_range_stay_as_they_are(dtype):
    angles = torch.linspace(-3.1, 3.1, 101).to(dtype)
    assert torch.equal(limit_period(angles, 0.5, 2 * math.pi), angles)
    assert limit_period(angles.new_tensor([math.nan, math.inf])).isnan().all()


@rounds
@given(SEEDS)
def test_finite_deltas_are_decoded_to_finite_positive_boxes(seed):
    generator = np.random.default_rng(seed)
    deltas = np.nan_to_num(numbers(generator, (16, 9), 0.5), nan=0, posinf=3.4e38, neginf=-3.4e38)
    deltas = torch.from_numpy(deltas)
    anchors = torch.tensor([[40.0, -30, -1.8, 3.9, 1.6, 1.56, 1.57, 0, 0]]).repeat(16, 1)
    labels = torch.zeros(16, dtype=torch.long)
    points = anchors[:, :3]
    mean = PointXYZWHLRBBoxCoder(use_mean_size=True, mean_size=[[3.9, 1.6, 1.56]])
    plain = PointXYZWHLRBBoxCoder(use_mean_size=False)
    for decoded in (
        DeltaXYZWLHRBBoxCoder.decode(anchors, deltas),
        DeltaXYZWLHRBBoxCoder.decode(anchors[:, :7], deltas[:, :7]),
        mean.decode(deltas[:, :8], points, labels),
        plain.decode(deltas[:, :8], points),
    ):
        assert decoded.isfinite().all()
        assert (decoded[:, 3:6] > 0).all()


def test_deltas_that_networks_predict_are_decoded_as_they_are():
    deltas = torch.linspace(-9, 9, 13)[:, None].repeat(1, 7)
    anchors = torch.tensor([[40.0, -30, -1.8, 3.9, 1.6, 1.56, 1.57]]).repeat(13, 1)
    decoded = DeltaXYZWLHRBBoxCoder.decode(anchors, deltas)
    assert torch.equal(decoded[:, 3:6], anchors[:, 3:6] * deltas[:, 3:6].exp())
    diagonal = anchors[:, 3:5].square().sum(1).sqrt()
    assert torch.equal(decoded[:, 0], 40 + deltas[:, 0] * diagonal)


@rounds
@given(boxes, boxes)
def test_overlaps_of_the_evaluation_lie_in_their_range(a, b):
    first, second = a.astype(np.float64), b.astype(np.float64)
    sound = is_sound(a, 3, 6)[:, None] & is_sound(b, 3, 6)
    for measure in (bev_ious, box_ious):
        found = measure(first, second)
        assert ((found >= 0) & (found <= 1)).all()
    assert not box_ious(first, second)[~sound].any()
    in_image = first[:, :4], second[:, :4]
    found = image_ious(*in_image)
    assert ((found >= 0) & (found <= 1)).all()
    covered = image_covers(*in_image)
    assert ((covered >= 0) & (covered <= 1)).all()
