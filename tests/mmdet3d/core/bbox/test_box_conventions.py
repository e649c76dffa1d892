"""Hand-computed values that pin the conventions of mmdetection3d v1.0."""

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import (
    CameraInstance3DBoxes,
    LiDARInstance3DBoxes,
    limit_period,
    points_cam2img,
    rotation_3d_in_axis,
    xywhr2xyxyr,
)


def test_lidar_corners_in_the_documented_order():
    boxes = LiDARInstance3DBoxes([[10.0, 20.0, 30.0, 4.0, 2.0, 1.0, 0.0]])
    expected = [
        [8, 19, 30],
        [8, 19, 31],
        [8, 21, 31],
        [8, 21, 30],
        [12, 19, 30],
        [12, 19, 31],
        [12, 21, 31],
        [12, 21, 30],
    ]
    torch.testing.assert_close(boxes.corners[0], torch.tensor(expected, dtype=torch.float32))


def test_camera_corners_hang_below_the_bottom():
    boxes = CameraInstance3DBoxes([[10.0, 20.0, 30.0, 4.0, 2.0, 1.0, 0.0]])
    expected = [
        [8, 18, 29.5],
        [8, 18, 30.5],
        [8, 20, 30.5],
        [8, 20, 29.5],
        [12, 18, 29.5],
        [12, 18, 30.5],
        [12, 20, 30.5],
        [12, 20, 29.5],
    ]
    torch.testing.assert_close(boxes.corners[0], torch.tensor(expected, dtype=torch.float32))


def test_lidar_yaw_is_counter_clockwise_from_x():
    boxes = LiDARInstance3DBoxes([[0.0, 0.0, 0.0, 4.0, 2.0, 1.0, np.pi / 2]])
    front = boxes.corners[0, 4:].mean(dim=0)
    torch.testing.assert_close(front, torch.tensor([0.0, 2.0, 0.5]), atol=1e-6, rtol=0)


def test_camera_yaw_turns_x_away_from_z():
    """KITTI: rotation_y of -pi / 2 looks forward, along z."""
    boxes = CameraInstance3DBoxes([[0.0, 0.0, 0.0, 4.0, 2.0, 1.0, -np.pi / 2]])
    front = boxes.corners[0, 4:].mean(dim=0)
    torch.testing.assert_close(front, torch.tensor([0.0, -1.0, 2.0]), atol=1e-6, rtol=0)


def test_heights_of_both_frames():
    row = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0]
    lidar, camera = LiDARInstance3DBoxes([row]), CameraInstance3DBoxes([row])
    assert [lidar.height, lidar.bottom_height, lidar.top_height] == [6, 3, 9]
    assert [camera.height, camera.bottom_height, camera.top_height] == [5, 2, -3]
    assert lidar.gravity_center.tolist() == [[1, 2, 6]]
    assert camera.gravity_center.tolist() == [[1, -0.5, 3]]
    assert lidar.center.tolist() == lidar.bottom_center.tolist() == [[1, 2, 3]]
    assert lidar.dims.tolist() == [[4, 5, 6]] and lidar.volume.tolist() == [120]


def test_bev_of_both_frames():
    row = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.25]
    assert LiDARInstance3DBoxes([row]).bev.tolist() == [[1, 2, 4, 5, 0.25]]
    assert CameraInstance3DBoxes([row]).bev.tolist() == [[1, 3, 4, 6, -0.25]]


def test_lidar_flips_by_hand():
    row = [1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 0.5, 6.0, 7.0]
    boxes = LiDARInstance3DBoxes([row], box_dim=9)
    boxes.flip('horizontal')
    expected = torch.tensor([[1.0, -2, 3, 4, 2, 1, -0.5, 6, -7]])
    torch.testing.assert_close(boxes.tensor, expected)
    boxes.flip('vertical')
    expected = torch.tensor([[-1.0, -2, 3, 4, 2, 1, np.pi + 0.5, -6, -7]])
    torch.testing.assert_close(boxes.tensor, expected)


def test_camera_flips_by_hand():
    boxes = CameraInstance3DBoxes([[1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 0.5]])
    boxes.flip('horizontal')
    expected = torch.tensor([[-1.0, 2, 3, 4, 2, 1, np.pi - 0.5]])
    torch.testing.assert_close(boxes.tensor, expected)
    boxes.flip('vertical')
    expected = torch.tensor([[-1.0, 2, -3, 4, 2, 1, 0.5 - np.pi]])
    torch.testing.assert_close(boxes.tensor, expected)


def test_rotating_lidar_boxes_a_quarter_turn():
    boxes = LiDARInstance3DBoxes([[1.0, 0.0, 3.0, 4.0, 2.0, 1.0, 0.5, 6.0, 0.0]], box_dim=9)
    points, matrix = boxes.rotate(np.pi / 2, torch.tensor([[1.0, 0.0, 0.0, 9.0]]))
    expected = torch.tensor([[0.0, 1, 3, 4, 2, 1, 0.5 + np.pi / 2, 0, 6]])
    torch.testing.assert_close(boxes.tensor, expected, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(points, torch.tensor([[0.0, 1, 0, 9]]), atol=1e-6, rtol=0)
    expected = torch.tensor([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    torch.testing.assert_close(matrix, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    'axis, start, end',
    [
        (0, [0, 1, 0], [0, 0, 1]),
        (1, [0, 0, 1], [1, 0, 0]),
        (2, [1, 0, 0], [0, 1, 0]),
        (-1, [1, 0, 0], [0, 1, 0]),
    ],
)
def test_rotation_follows_the_right_hand(axis, start, end):
    turned = rotation_3d_in_axis(torch.tensor([start]).float(), np.pi / 2, axis)
    torch.testing.assert_close(turned, torch.tensor([end]).float(), atol=1e-6, rtol=0)
    back = rotation_3d_in_axis(turned, np.pi / 2, axis, clockwise=True)
    torch.testing.assert_close(back, torch.tensor([start]).float(), atol=1e-6, rtol=0)


def test_rotation_takes_batches_arrays_and_planes():
    points = np.random.default_rng(0).normal(size=(3, 5, 3))
    angles = np.array([0.1, -0.2, 3.0])
    rotated, matrices = rotation_3d_in_axis(points, angles, axis=2, return_mat=True)
    assert isinstance(rotated, np.ndarray) and matrices.shape == (3, 3, 3)
    np.testing.assert_allclose(rotated, points @ matrices)
    flat, matrix = rotation_3d_in_axis(points[1], angles[1], axis=2, return_mat=True)
    assert matrix.shape == (3, 3)
    np.testing.assert_allclose(flat, rotated[1])
    plane = rotation_3d_in_axis(points[..., :2], angles, axis=2)
    np.testing.assert_allclose(plane, rotated[..., :2])
    assert rotation_3d_in_axis(torch.zeros(0, 8, 3), torch.zeros(0), axis=2).shape == (0, 8, 3)


@pytest.mark.parametrize(
    'points, angles, axis, message',
    [
        (torch.zeros(3), 1.0, 0, r'\(N, M, 3\)'),
        (torch.zeros(2, 4, 3), torch.zeros(3), 0, r'one angle or \(2,\)'),
        (torch.zeros(4, 3), 1.0, 3, r'-3\.\.2'),
        (torch.zeros(4, 4), 1.0, 2, '2 or 3 coordinates'),
    ],
)
def test_rotation_rejects_bad_shapes(points, angles, axis, message):
    with pytest.raises(ValueError, match=message):
        rotation_3d_in_axis(points, angles, axis)


@pytest.mark.parametrize('offset, low', [(0.5, -np.pi / 2), (0.0, 0.0), (1.0, -np.pi)])
def test_limit_period_wraps_into_the_period(offset, low):
    angles = np.linspace(-20, 20, 401)
    wrapped = limit_period(angles, offset, np.pi)
    assert (wrapped >= low).all() and (wrapped < low + np.pi).all()
    turns = (angles - wrapped) / np.pi
    np.testing.assert_allclose(turns, turns.round(), atol=1e-9)
    torch.testing.assert_close(limit_period(torch.tensor(angles), offset), torch.tensor(wrapped))


def test_xywhr2xyxyr_by_hand():
    boxes = xywhr2xyxyr(torch.tensor([[1.0, 2.0, 4.0, 6.0, 0.3]]))
    torch.testing.assert_close(boxes, torch.tensor([[-1.0, -1.0, 3.0, 5.0, 0.3]]))


@pytest.mark.parametrize('size', [3, 4])
def test_projection_divides_by_depth(size):
    matrix = np.array([[100.0, 0, 50, 10], [0, 100, 20, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    points = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 2.0]])
    pixels = points_cam2img(points, matrix[:size], with_depth=True)
    np.testing.assert_allclose(pixels, [[77.5, 70, 4], [55, 20, 2]])
    as_tensor = points_cam2img(torch.tensor(points), torch.tensor(matrix[:size]))
    torch.testing.assert_close(as_tensor, torch.tensor(pixels[:, :2]))
    np.testing.assert_allclose(points_cam2img(points, matrix[:3, :3])[1], [50, 20])
    with pytest.raises(ValueError, match=r'\(2, 4\)'):
        points_cam2img(points, matrix[:2])
