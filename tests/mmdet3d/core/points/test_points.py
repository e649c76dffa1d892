"""Point clouds in both frames."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.core.points import BasePoints, CameraPoints, LiDARPoints, get_points_type

FRAMES = pytest.mark.parametrize('cls', [LiDARPoints, CameraPoints])


def cloud(count=10, width=4, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


@FRAMES
@settings(max_examples=20, deadline=None)
@given(angle=st.floats(-6, 6), axis=st.sampled_from([None, 0, 1, 2]))
def test_rotating_back_restores_the_points(cls, angle, axis):
    points = cls(cloud(), 4)
    matrix = points.rotate(angle, axis)
    np.testing.assert_allclose(points.coord, cloud()[:, :3] @ matrix.numpy(), atol=1e-5)
    points.rotate(matrix.T)
    np.testing.assert_allclose(points.tensor, cloud(), atol=1e-5)


def test_points_turn_about_the_vertical():
    lidar = LiDARPoints([[1.0, 0.0, 5.0]])
    lidar.rotate(np.pi / 2)
    torch.testing.assert_close(lidar.tensor, torch.tensor([[0.0, 1.0, 5.0]]))
    camera = CameraPoints([[0.0, 5.0, 1.0]])
    camera.rotate(np.pi / 2)
    torch.testing.assert_close(camera.tensor, torch.tensor([[1.0, 5.0, 0.0]]))


@pytest.mark.parametrize(
    'cls, direction, column',
    [
        (LiDARPoints, 'horizontal', 1),
        (LiDARPoints, 'vertical', 0),
        (CameraPoints, 'horizontal', 0),
        (CameraPoints, 'vertical', 2),
    ],
)
def test_flip_changes_one_sign(cls, direction, column):
    points = cls(cloud(), 4)
    points.flip(direction)
    expected = cloud()
    expected[:, column] *= -1
    np.testing.assert_array_equal(points.tensor, expected)


@FRAMES
def test_translate_and_scale_leave_further_columns(cls):
    points = cls(cloud(), 4)
    points.translate(np.array([1.0, 2.0, 3.0]))
    points.translate(torch.ones(10, 3))
    points.scale(2.0)
    expected = cloud()
    expected[:, :3] = (expected[:, :3] + [2, 3, 4]) * 2
    np.testing.assert_allclose(points.tensor, expected, rtol=1e-6)


def test_ranges_are_strict():
    points = LiDARPoints([[0.0, 0, 0], [1, 1, 1], [2, 2, 2], [1, 2, 1]])
    assert points.in_range_3d([0, 0, 0, 2, 2, 2]).tolist() == [False, True, False, False]
    assert points.in_range_3d(torch.tensor([0.0, 0, 0, 2, 3, 2])).tolist() == [0, 1, 0, 1]
    assert points.in_range_bev([-1, -1, 2, 2]).tolist() == [True, True, False, False]
    camera = CameraPoints([[1.0, 50.0, 1.0], [1.0, 0.0, 5.0]])
    assert camera.in_range_bev([0, 0, 2, 2]).tolist() == [True, False]
    assert camera.bev.tolist() == [[1, 1], [1, 5]]


@FRAMES
def test_selecting_points(cls):
    points = cls(cloud(), 4, dict(height=3))
    mask = points.tensor[:, 0] > 0
    for item in (slice(2, 8, 2), mask, mask.numpy(), torch.tensor([3, 1]), [0, 5]):
        chosen = points[item]
        assert type(chosen) is cls and chosen.attribute_dims == dict(height=3)
        torch.testing.assert_close(chosen.tensor, points.tensor[item])
    assert points[-1].shape == (1, 4)
    assert points[np.int64(2)].shape == (1, 4)


def test_selecting_columns_moves_the_attributes():
    points = LiDARPoints(cloud(width=8), 8, dict(color=[4, 5, 6], height=7))
    chosen = points[2:5, [0, 1, 2, 7, 4, 5, 6]]
    assert chosen.points_dim == 7
    assert chosen.attribute_dims == dict(color=[4, 5, 6], height=3)
    torch.testing.assert_close(chosen.height, points.height[2:5])
    torch.testing.assert_close(chosen.color, points.color[2:5])
    assert points[:, :6].attribute_dims == {}
    assert points[1, :4].shape == (1, 4)
    mask = torch.tensor([True, True, True, False, False, False, False, True])
    assert points[:, mask].attribute_dims == dict(height=3)
    assert LiDARPoints(cloud(), 4)[:, :3].attribute_dims is None
    for columns in (0, slice(1, 4), [2, 1, 0]):
        with pytest.raises(IndexError, match=r'x, y, z \(0, 1, 2\)'):
            points[:, columns]


def test_attributes_by_name():
    points = LiDARPoints(cloud(width=7), 7, dict(color=[3, 4, 5], height=6))
    np.testing.assert_array_equal(points.color, cloud(width=7)[:, 3:6])
    np.testing.assert_array_equal(points.height, cloud(width=7)[:, 6])
    plain = LiDARPoints(cloud(), 4)
    assert plain.color is None and plain.height is None
    plain.coord = np.zeros((10, 3))
    np.testing.assert_array_equal(plain.tensor[:, 3], cloud()[:, 3])
    assert (plain.coord == 0).all()


@FRAMES
def test_shuffle_gives_its_order(cls):
    points = cls(cloud(100), 4)
    order = points.shuffle()
    np.testing.assert_array_equal(points.tensor, cloud(100)[order.numpy()])
    assert sorted(order.tolist()) == list(range(100)) and order.tolist() != list(range(100))


@FRAMES
def test_container_operations(cls):
    points = cls(cloud(), 4, dict(height=3))
    copy = points.clone()
    copy.scale(0.0)
    np.testing.assert_array_equal(points.tensor, cloud())
    joined = cls.cat([points, copy])
    assert joined.shape == (20, 4) and joined.attribute_dims == dict(height=3)
    assert points.new_point(cloud(3)).attribute_dims == dict(height=3)
    assert type(points.to('cpu')) is cls and len(list(points)) == len(points) == 10
    torch.testing.assert_close(pickle.loads(pickle.dumps(joined)).tensor, joined.tensor)


@FRAMES
def test_no_points_at_all(cls):
    points = cls(np.zeros((0, 4), np.float32), 4)
    points.rotate(1.0)
    points.flip()
    points.translate([1.0, 1.0, 1.0])
    assert points.shuffle().shape == (0,) and points.in_range_3d([0] * 6).shape == (0,)
    assert cls.cat([points, cls(cloud(), 4)]).shape == (10, 4)
    assert len(cls.cat([])) == 0 and cls([]).shape == (0, 3)


@pytest.mark.parametrize(
    'call, error, message',
    [
        (lambda: LiDARPoints(cloud()), ValueError, r'\(10, 4\), expected \(N, 3\)'),
        (lambda: LiDARPoints(cloud(), points_dim=2), ValueError, 'at least 3'),
        (lambda: LiDARPoints(cloud(), 4).flip('up'), ValueError, "'up'"),
        (lambda: LiDARPoints(cloud(), 4).rotate(torch.eye(2)), ValueError, r'\(2, 2\)'),
        (lambda: LiDARPoints(cloud(), 4).rotate(1.0, axis=4), ValueError, 'got 4'),
        (lambda: LiDARPoints(cloud(), 4).translate(torch.ones(2, 3)), ValueError, r'\(2, 3\)'),
        (lambda: LiDARPoints.cat([CameraPoints(cloud(), 4)]), TypeError, 'CameraPoints'),
        (lambda: get_points_type('DEPTH'), ValueError, "'DEPTH'"),
    ],
)
def test_errors_name_what_was_given(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_point_types_by_name():
    assert get_points_type('LIDAR') is LiDARPoints
    assert get_points_type('camera') is CameraPoints
    assert issubclass(LiDARPoints, BasePoints)
