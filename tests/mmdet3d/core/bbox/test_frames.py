"""Boxes and points between the LiDAR and the camera."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cropping import crop
from support.kitti_files import lidar_boxes

from mmdet3d.core.bbox import (
    Box3DMode,
    CameraInstance3DBoxes,
    Coord3DMode,
    LiDARInstance3DBoxes,
    get_box_type,
    limit_period,
)
from mmdet3d.core.points import CameraPoints, LiDARPoints


def calibration(seed):
    """A camera beside the LiDAR, its axes slightly tilted."""
    rng = np.random.default_rng(seed)
    tilt, _ = np.linalg.qr(np.eye(3) + 0.02 * rng.normal(size=(3, 3)))
    tilt *= np.sign(np.diag(tilt))
    matrix = np.eye(4)
    matrix[:3, :3] = tilt @ np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]])
    matrix[:3, 3] = rng.normal(size=3)
    return matrix


def random_rows(seed, width=7):
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-3, 3, (6, width))
    rows[:, 3:6] = rng.uniform(0.5, 5, (6, 3))
    return rows


@pytest.mark.parametrize('index, frame', [(0, '000008'), (1, '000134')])
def test_kitti_labels_become_the_reference_lidar_boxes(reference_dir, real_frames, index, frame):
    file = reference_dir / 'forward_pointpillars_teacher.json'
    reference = json.loads(file.read_text())
    boxes, labels = lidar_boxes(real_frames / 'kitti_sample' / 'training', frame)
    expected = torch.tensor(reference['gt_boxes'][index])
    assert labels == reference['gt_labels'][index]
    torch.testing.assert_close(boxes.tensor[:, :6], expected[:, :6], atol=1e-4, rtol=0)
    turns = limit_period(boxes.yaw - expected[:, 6], period=2 * np.pi)
    torch.testing.assert_close(turns, torch.zeros_like(turns), atol=1e-5, rtol=0)
    assert (boxes.yaw >= -np.pi - 1e-5).all() and (boxes.yaw < np.pi + 1e-5).all()


@pytest.mark.parametrize('frame', ['000008', '000134'])
def test_cropping_a_cloud_keeps_the_points_strictly_inside(kitti_sample, frame):
    cloud = np.fromfile(kitti_sample / f'training/velodyne/{frame}.bin', np.float32)
    cloud = cloud.reshape(-1, 4)
    limits = [0, -39.68, -3, 69.12, 39.68, 1]
    points = LiDARPoints(cloud, points_dim=4)
    inside = points[points.in_range_3d(limits)]
    np.testing.assert_array_equal(inside.tensor.numpy(), crop(cloud, limits))


@pytest.mark.parametrize('width', [7, 9])
@pytest.mark.parametrize('calibrated', [True, False])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_there_and_back_is_the_identity(calibrated, width, seed):
    rows = random_rows(seed, width)
    there = calibration(seed) if calibrated else None
    back = np.linalg.inv(there) if calibrated else None
    camera = Box3DMode.convert(rows, Box3DMode.LIDAR, Box3DMode.CAM, there)
    again = Box3DMode.convert(camera, Box3DMode.CAM, Box3DMode.LIDAR, back)
    np.testing.assert_allclose(again, rows, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_plain_swap_moves_the_solid_rigidly(seed):
    boxes = LiDARInstance3DBoxes(random_rows(seed))
    camera = boxes.convert_to(Box3DMode.CAM)
    corners = Coord3DMode.convert(boxes.corners, Coord3DMode.LIDAR, Coord3DMode.CAM)
    assert torch.cdist(camera.corners, corners).amin(dim=2).max() < 1e-4
    fronts = camera.corners[:, 4:].mean(dim=1), corners[:, 4:].mean(dim=1)
    torch.testing.assert_close(*fronts, atol=1e-4, rtol=0)


def test_correct_yaw_follows_the_heading_where_the_camera_looks_sideways():
    """A camera turned by 30 degrees about the vertical: only the corrected yaw turns along."""
    turn = np.deg2rad(30)
    rotation = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    matrix = np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]]) @ rotation
    boxes = LiDARInstance3DBoxes(random_rows(1))
    corrected = boxes.convert_to(Box3DMode.CAM, matrix, correct_yaw=True)
    moved = Coord3DMode.convert(boxes.corners, Coord3DMode.LIDAR, Coord3DMode.CAM, matrix)
    fronts = corrected.corners[:, 4:].mean(dim=1), moved[:, 4:].mean(dim=1)
    torch.testing.assert_close(*fronts, atol=1e-4, rtol=0)
    plain = boxes.convert_to(Box3DMode.CAM, matrix)
    off = limit_period(plain.yaw - corrected.yaw, period=2 * np.pi)
    torch.testing.assert_close(off, torch.full_like(off, turn), atol=1e-5, rtol=0)
    back = corrected.convert_to(Box3DMode.LIDAR, matrix.T, correct_yaw=True)
    torch.testing.assert_close(back.tensor, boxes.tensor, atol=1e-5, rtol=1e-5)


def test_every_container_comes_back_as_it_went():
    rows = random_rows(0).astype(np.float32)
    modes = Box3DMode.LIDAR, Box3DMode.CAM
    expected = Box3DMode.convert(torch.tensor(rows), *modes)
    array = Box3DMode.convert(rows, *modes)
    assert isinstance(array, np.ndarray) and array.dtype == np.float32
    np.testing.assert_allclose(array, expected.numpy())
    for kind in (list, tuple):
        single = Box3DMode.convert(kind(rows[0].tolist()), *modes)
        assert type(single) is kind
        assert single == pytest.approx(expected[0].tolist(), abs=1e-6)
    boxes = Box3DMode.convert(LiDARInstance3DBoxes(rows), *modes)
    assert type(boxes) is CameraInstance3DBoxes
    torch.testing.assert_close(boxes.tensor, expected)
    assert Box3DMode.convert(rows, Box3DMode.CAM, Box3DMode.CAM) is rows


def test_boxes_without_yaw_stay_without():
    boxes = LiDARInstance3DBoxes(random_rows(0)[:, :6], box_dim=6).convert_to(Box3DMode.CAM)
    assert not boxes.with_yaw and (boxes.yaw == 0).all()
    rows = Box3DMode.convert(random_rows(0)[:, :6], Box3DMode.LIDAR, Box3DMode.CAM, with_yaw=False)
    torch.testing.assert_close(boxes.tensor[:, :6], torch.tensor(rows).float())


def test_coordinates_convert_points_and_boxes():
    modes = Coord3DMode.LIDAR, Coord3DMode.CAM
    matrix = calibration(3)
    cloud = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    expected = np.c_[cloud[:, :3] @ matrix[:3, :3].T + matrix[:3, 3], cloud[:, 3]]
    np.testing.assert_allclose(Coord3DMode.convert(cloud, *modes, matrix), expected, atol=1e-5)
    points = LiDARPoints(cloud, 4, dict(height=3)).convert_to(Coord3DMode.CAM, matrix[:3])
    assert type(points) is CameraPoints and points.attribute_dims == dict(height=3)
    np.testing.assert_allclose(points.tensor.numpy(), expected, atol=1e-5)
    again = points.convert_to(Coord3DMode.LIDAR, np.linalg.inv(matrix))
    np.testing.assert_allclose(again.tensor.numpy(), cloud, atol=1e-5)
    rows = random_rows(2)
    boxes = Coord3DMode.convert(rows, *modes, matrix, is_point=False)
    np.testing.assert_allclose(boxes, Box3DMode.convert(rows, 0, 1, matrix))
    converted = Coord3DMode.convert(LiDARInstance3DBoxes(rows), *modes, matrix)
    assert type(converted) is CameraInstance3DBoxes


@pytest.mark.parametrize(
    'call, error, message',
    [
        (lambda: Box3DMode.convert(np.zeros((1, 7)), 0, 2), NotImplementedError, 'LIDAR to CAM'),
        (lambda: Coord3DMode.convert(np.zeros((1, 3)), 2, 1), NotImplementedError, 'CAM to LIDAR'),
        (lambda: Box3DMode.convert(np.zeros((1, 6)), 0, 1), ValueError, 'at least 7'),
        (lambda: Coord3DMode.convert(np.zeros((1, 2)), 0, 1), ValueError, 'at least 3'),
        (lambda: Box3DMode.convert(np.zeros((1, 7)), 0, 1, np.eye(2)), ValueError, 'rt_mat'),
        (lambda: Box3DMode.convert('boxes', 0, 1), TypeError, 'str'),
        (lambda: Box3DMode.convert([[0.0] * 7], 0, 1), TypeError, 'one row'),
        (lambda: Box3DMode.convert(np.zeros((1, 7)), 0, 7), ValueError, '7'),
        (lambda: get_box_type('depth'), ValueError, "'LiDAR' or 'Camera', got 'depth'"),
        (lambda: get_box_type(None), ValueError, 'None'),
    ],
)
def test_errors_name_what_is_supported(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_box_types_by_name():
    assert get_box_type('LiDAR') == (LiDARInstance3DBoxes, Box3DMode.LIDAR)
    assert get_box_type('camera') == (CameraInstance3DBoxes, Box3DMode.CAM)
    assert [int(mode) for mode in Box3DMode] == [0, 1, 2]
