"""What holds for boxes of either frame."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmdet3d.core.bbox import (
    BaseInstance3DBoxes,
    Box3DMode,
    CameraInstance3DBoxes,
    LiDARInstance3DBoxes,
)
from mmdet3d.core.points import CameraPoints, LiDARPoints

FRAMES = pytest.mark.parametrize('cls', [LiDARInstance3DBoxes, CameraInstance3DBoxes])
CAR = [10.0, 2.0, -1.5, 4.0, 2.0, 1.5, 0.0]


def rows(width=7):
    """Boxes of believable sizes anywhere near the sensor; further columns are velocities."""
    place = arrays(np.float32, (4, 3), elements=st.floats(-50, 50, width=32))
    dims = arrays(np.float32, (4, 3), elements=st.floats(0.5, 6, width=32))
    rest = arrays(np.float32, (4, width - 6), elements=st.floats(-6, 6, width=32))
    return st.tuples(place, dims, rest).map(lambda parts: np.concatenate(parts, axis=1))


@FRAMES
@settings(max_examples=30, deadline=None)
@given(data=rows(9), angle=st.floats(-6, 6))
def test_rotating_back_restores_boxes_and_velocity(cls, data, angle):
    boxes = cls(data, box_dim=9)
    boxes.rotate(angle)
    boxes.rotate(-angle)
    torch.testing.assert_close(boxes.tensor, torch.tensor(data), atol=1e-4, rtol=1e-4)


@FRAMES
@settings(max_examples=30, deadline=None)
@given(data=rows(), angle=st.floats(-6, 6))
def test_corners_and_points_turn_with_the_boxes(cls, data, angle):
    boxes = cls(data)
    corners = boxes.corners.reshape(-1, 3).clone()
    rotated, matrix = boxes.rotate(angle, corners.clone())
    torch.testing.assert_close(boxes.corners.reshape(-1, 3), rotated, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(corners @ matrix, rotated, atol=1e-3, rtol=1e-4)


@FRAMES
@settings(max_examples=30, deadline=None)
@given(data=rows(9), angle=st.floats(-3, 3))
def test_matrix_and_angle_rotate_alike(cls, data, angle):
    by_angle, by_matrix = cls(data, box_dim=9), cls(data, box_dim=9)
    _, matrix = by_angle.rotate(angle, np.zeros((1, 3), np.float32))
    by_matrix.rotate(matrix)
    torch.testing.assert_close(by_angle.tensor, by_matrix.tensor, atol=1e-4, rtol=1e-4)


@FRAMES
@pytest.mark.parametrize('direction', ['horizontal', 'vertical'])
@settings(max_examples=20, deadline=None)
@given(data=rows(9))
def test_flipping_twice_restores_boxes(cls, direction, data):
    boxes = cls(data, box_dim=9)
    boxes.flip(direction)
    boxes.flip(direction)
    torch.testing.assert_close(boxes.tensor, torch.tensor(data), atol=1e-5, rtol=1e-5)


@FRAMES
@pytest.mark.parametrize('direction', ['horizontal', 'vertical'])
@settings(max_examples=20, deadline=None)
@given(data=rows())
def test_flip_mirrors_the_solid(cls, direction, data):
    boxes = cls(data)
    corners = boxes.corners.clone()
    mirrored = boxes.flip(direction, corners.reshape(-1, 3)).reshape(corners.shape)
    distances = torch.cdist(boxes.corners, mirrored)
    assert distances.amin(dim=2).max() < 1e-3


@FRAMES
def test_flip_mirrors_the_heading(cls):
    """The front of a box is where the middle of its x1 face lies."""
    boxes = cls([[1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 0.4]])
    for direction in ('horizontal', 'vertical'):
        before = boxes.corners[0, 4:].mean(dim=0, keepdim=True)
        mirrored = boxes.flip(direction, before.clone())
        after = boxes.corners[0, 4:].mean(dim=0, keepdim=True)
        torch.testing.assert_close(after, mirrored, atol=1e-5, rtol=1e-5)


@FRAMES
def test_velocity_along_the_heading_stays_along_it(cls):
    """A car that drives forward still does after flips and rotations."""
    yaw = 0.3
    sign = cls.UP
    boxes = cls([[*CAR[:6], yaw, np.cos(yaw), sign * np.sin(yaw)]], box_dim=9)
    boxes.flip('horizontal')
    boxes.rotate(0.8)
    boxes.flip('vertical')
    boxes.rotate(torch.tensor(-2.0))
    angle = boxes.bev[0, 4]
    expected = torch.stack([angle.cos(), angle.sin()])
    torch.testing.assert_close(boxes.tensor[0, 7:], expected, atol=1e-5, rtol=1e-5)


@FRAMES
@settings(max_examples=30, deadline=None)
@given(data=rows())
def test_box_holds_its_shrunk_corners_and_not_its_grown_ones(cls, data):
    boxes = cls(data)
    centre, corners = boxes.gravity_center[:, None], boxes.corners
    shrunk = (centre + 0.98 * (corners - centre)).reshape(-1, 3)
    grown = (centre + 1.02 * (corners - centre)).reshape(-1, 3)
    own = torch.arange(4).repeat_interleave(8)
    assert boxes.points_in_boxes_all(shrunk)[torch.arange(32), own].all()
    assert not boxes.points_in_boxes_all(grown)[torch.arange(32), own].any()


@FRAMES
@settings(max_examples=20, deadline=None)
@given(data=rows())
def test_corners_span_the_volume_and_surround_the_middle(cls, data):
    boxes = cls(data)
    corners = boxes.corners
    edges = torch.stack([corners[:, i] - corners[:, 0] for i in (4, 3, 1)], dim=1)
    torch.testing.assert_close(edges.norm(dim=2), boxes.dims, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(edges.det().abs(), boxes.volume, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(corners.mean(dim=1), boxes.gravity_center, atol=1e-4, rtol=1e-4)
    bottom = corners[..., boxes.YAW_AXIS] == boxes.bottom_height[:, None]
    assert (bottom.sum(dim=1) == 4).all()


@FRAMES
@pytest.mark.parametrize('factor', [0.5, 2.0])
def test_scale_scales_everything_but_the_yaw(cls, factor):
    boxes = cls([[*CAR, 3.0, -1.0]], box_dim=9)
    expected = boxes.tensor * factor
    expected[:, 6] /= factor
    boxes.scale(factor)
    torch.testing.assert_close(boxes.tensor, expected)


@FRAMES
def test_enlarged_box_moves_each_face_outwards(cls):
    boxes = cls([CAR])
    bigger = boxes.enlarged_box(0.5)
    torch.testing.assert_close(bigger.dims, boxes.dims + 1)
    torch.testing.assert_close(bigger.gravity_center, boxes.gravity_center)
    torch.testing.assert_close(boxes.tensor, torch.tensor([CAR]))


@FRAMES
def test_origin_in_the_middle_is_moved_to_the_bottom(cls):
    boxes = cls([CAR], origin=(0.5, 0.5, 0.5))
    torch.testing.assert_close(boxes.gravity_center, torch.tensor([CAR[:3]]))


@FRAMES
def test_ranges_are_strict(cls):
    boxes = cls([CAR, CAR, CAR])
    boxes.tensor[:, 0] = torch.tensor([0.0, 5.0, 10.0])
    low, high = [0.0, -5.0, -5.0], [10.0, 5.0, 5.0]
    assert boxes.in_range_3d(low + high).tolist() == [False, True, False]
    plane = [low[axis] for axis in cls.BEV_AXES] + [high[axis] for axis in cls.BEV_AXES]
    assert boxes.in_range_bev(plane).tolist() == [False, True, False]


@FRAMES
def test_nonempty_needs_all_three_dimensions(cls):
    boxes = cls([CAR, [*CAR[:3], 4.0, 0.0, 1.5, 0.0], [*CAR[:3], 4.0, 2.0, -1.0, 0.0]])
    assert boxes.nonempty().tolist() == [True, False, False]
    assert boxes.nonempty(1.9).tolist() == [False, False, False]


@FRAMES
def test_limit_yaw_wraps(cls):
    boxes = cls([[*CAR[:6], 3.5], [*CAR[:6], -3.5]])
    boxes.limit_yaw(offset=0.5, period=2 * np.pi)
    expected = torch.tensor([3.5 - 2 * np.pi, 2 * np.pi - 3.5], dtype=torch.float32)
    torch.testing.assert_close(boxes.yaw, expected)


@FRAMES
@pytest.mark.parametrize('yaw, crosswise', [(0.7, False), (0.9, True), (-1.6, True), (3.0, False)])
def test_nearest_bev_takes_the_nearest_right_angle(cls, yaw, crosswise):
    boxes = cls([[0.0, 0.0, 0.0, 4.0, 2.0, 1.0, yaw]])
    x1, y1, x2, y2 = boxes.nearest_bev[0].tolist()
    length, width = boxes.bev[0, 2:4].tolist()
    expected = (width, length) if crosswise else (length, width)
    assert (x2 - x1, y2 - y1) == pytest.approx(expected)


@FRAMES
def test_indexing_keeps_kind_and_columns(cls):
    boxes = cls(torch.rand(5, 9), box_dim=9, with_yaw=False)
    mask = np.array([True, False, True, False, False])
    for item, index in [
        (2, [2]),
        (np.int64(-1), [4]),
        (slice(1, 3), [1, 2]),
        (mask, [0, 2]),
        (torch.tensor(mask), [0, 2]),
        (torch.tensor([3, 1]), [3, 1]),
        ([0, 4], [0, 4]),
    ]:
        chosen = boxes[item]
        assert type(chosen) is cls
        assert (chosen.box_dim, chosen.with_yaw) == (9, False)
        torch.testing.assert_close(chosen.tensor, boxes.tensor[index])
    with pytest.raises(IndexError, match='use an integer, a slice'):
        boxes[:, 0]


@FRAMES
def test_container_operations(cls):
    boxes = cls([CAR, CAR])
    copy = boxes.clone()
    copy.translate([1.0, 2.0, 3.0])
    torch.testing.assert_close(boxes.tensor, torch.tensor([CAR, CAR]))
    torch.testing.assert_close(copy.center - boxes.center, torch.tensor([[1.0, 2.0, 3.0]] * 2))
    joined = cls.cat([boxes, copy])
    assert len(joined) == 4 and type(joined) is cls
    assert len(list(joined)) == 4
    torch.testing.assert_close(boxes.new_box([CAR]).tensor, torch.tensor([CAR]))
    assert type(boxes.to('cpu')) is cls and boxes.device.type == 'cpu'
    torch.testing.assert_close(pickle.loads(pickle.dumps(joined)).tensor, joined.tensor)
    assert cls.__name__ in repr(boxes)


@FRAMES
def test_constructor_copies_its_input(cls):
    data = torch.tensor([CAR])
    cls(data).translate([1.0, 1.0, 1.0])
    torch.testing.assert_close(data, torch.tensor([CAR]))


@FRAMES
@pytest.mark.parametrize('empty', [[], torch.empty(0), np.zeros((0, 7), np.float32)])
def test_empty_boxes_work_everywhere(cls, empty):
    boxes, some = cls(empty), cls([CAR])
    points = torch.zeros(3, 3)
    boxes.rotate(0.5, points)
    boxes.flip('vertical')
    boxes.scale(2.0)
    boxes.translate([1.0, 1.0, 1.0])
    boxes.limit_yaw()
    assert boxes.corners.shape == (0, 8, 3)
    assert boxes.bev.shape == (0, 5) and boxes.nearest_bev.shape == (0, 4)
    assert boxes.gravity_center.shape == (0, 3) and boxes.volume.shape == (0,)
    assert boxes.in_range_3d([0, 0, 0, 1, 1, 1]).shape == (0,)
    assert boxes.in_range_bev([0, 0, 1, 1]).shape == (0,)
    assert len(boxes.enlarged_box(1.0)) == 0 and len(cls.cat([])) == 0
    assert cls.overlaps(boxes, some).shape == (0, 1)
    assert cls.overlaps(some, boxes).shape == (1, 0)
    assert boxes.points_in_boxes_part(points).tolist() == [-1, -1, -1]
    assert boxes.points_in_boxes_all(points).shape == (3, 0)
    assert some.points_in_boxes_part(torch.zeros(0, 3)).shape == (0,)
    assert len(boxes[torch.zeros(0, dtype=torch.bool)]) == 0
    assert len(boxes.convert_to(Box3DMode.LIDAR)) == len(boxes.convert_to(Box3DMode.CAM)) == 0


@FRAMES
def test_six_columns_are_boxes_without_yaw(cls):
    boxes = cls([CAR[:6]], box_dim=6)
    assert (boxes.box_dim, boxes.with_yaw) == (7, False)
    boxes.flip('vertical')
    assert boxes.yaw.tolist() == [0.0]


@FRAMES
def test_corners_carry_gradients(cls):
    data = torch.tensor([[10.0, 2.0, 1.0, 4.0, 2.5, 1.5, 0.3]], requires_grad=True)
    cls(data).corners.square().sum().backward()
    assert (data.grad[0, :6] != 0).all() and data.grad.isfinite().all()


def test_points_of_every_kind_move_alike():
    cloud = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    for box_class, point_class in [
        (LiDARInstance3DBoxes, LiDARPoints),
        (CameraInstance3DBoxes, CameraPoints),
    ]:
        results = []
        for points in (cloud.copy(), torch.tensor(cloud), point_class(cloud.copy(), 4)):
            boxes = box_class([CAR])
            points, matrix = boxes.rotate(0.7, points)
            assert isinstance(matrix, np.ndarray) == isinstance(points, np.ndarray)
            points = boxes.flip('horizontal', points)
            results.append(torch.as_tensor(getattr(points, 'tensor', points)))
        torch.testing.assert_close(results[0], results[1])
        torch.testing.assert_close(results[0], results[2])
        torch.testing.assert_close(results[0][:, 3], torch.tensor(cloud[:, 3]))


@pytest.mark.parametrize(
    'call, error, message',
    [
        (lambda: LiDARInstance3DBoxes([CAR[:5]]), ValueError, r'\(1, 5\).*\(N, 7\)'),
        (lambda: LiDARInstance3DBoxes(torch.zeros(2, 3, 7)), ValueError, r'\(2, 3, 7\)'),
        (lambda: LiDARInstance3DBoxes([CAR], box_dim=5), ValueError, 'box_dim must be 6'),
        (lambda: CameraInstance3DBoxes([CAR], origin=(0.5, 0.5)), ValueError, 'three numbers'),
        (lambda: LiDARInstance3DBoxes([CAR]).flip('sideways'), ValueError, "'sideways'"),
        (lambda: LiDARInstance3DBoxes([CAR]).rotate([1.0, 2.0]), ValueError, r'\(3, 3\) matrix'),
        (lambda: LiDARInstance3DBoxes([CAR]).rotate(1.0, 'points'), TypeError, 'got str'),
        (lambda: LiDARInstance3DBoxes([CAR]).flip(points=[1]), TypeError, 'got list'),
        (lambda: LiDARInstance3DBoxes([CAR]).translate([1.0]), ValueError, 'trans_vector'),
        (lambda: LiDARInstance3DBoxes([CAR]).in_range_3d([0, 1]), ValueError, '6 numbers'),
        (lambda: LiDARInstance3DBoxes([CAR]).in_range_bev([0] * 6), ValueError, '4 numbers'),
        (lambda: LiDARInstance3DBoxes.cat(LiDARInstance3DBoxes([CAR])), TypeError, 'list or tuple'),
        (lambda: LiDARInstance3DBoxes.cat([torch.zeros(1, 7)]), TypeError, 'Tensor'),
        (
            lambda: LiDARInstance3DBoxes.cat(
                [LiDARInstance3DBoxes([CAR]), LiDARInstance3DBoxes([[*CAR, 0, 0]], box_dim=9)]
            ),
            ValueError,
            r'\[7, 9\]',
        ),
    ],
)
def test_errors_name_what_was_given(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_both_frames_share_the_base_class():
    assert issubclass(LiDARInstance3DBoxes, BaseInstance3DBoxes)
    assert issubclass(CameraInstance3DBoxes, BaseInstance3DBoxes)
