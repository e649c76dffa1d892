"""Points in boxes against a direct computation, known cases, and across backends."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.on_cpu.points_in_boxes import batched_points_in_boxes, points_in_boxes
from mmdet3d.ops import points_in_boxes_all, points_in_boxes_part
from mmdet3d.ops.on_device import points_in_boxes as points_in_boxes_torch


def random_scene(seed: int, points: int, boxes: int, clouds: int = 2):
    rng = np.random.default_rng(seed)
    xyz = rng.uniform(-5, 5, (clouds, points, 3))
    parts = [
        rng.uniform(-5, 5, (clouds, boxes, 3)),
        rng.uniform(0.5, 6, (clouds, boxes, 3)),
        rng.uniform(-7, 7, (clouds, boxes, 1)),
    ]
    return xyz, np.concatenate(parts, axis=-1)


def by_projection(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Distances to the middle of each box along its own axes, one pair after the other."""
    inside = np.zeros((len(points), len(boxes)), dtype=bool)
    for i, point in enumerate(points):
        for j, (x, y, bottom, length, width, height, yaw) in enumerate(boxes):
            offset = point - [x, y, bottom + height / 2]
            forward = np.array([math.cos(yaw), math.sin(yaw), 0])
            left = np.array([-math.sin(yaw), math.cos(yaw), 0])
            distances = abs(offset @ forward), abs(offset @ left), abs(offset[2])
            inside[i, j] = all(np.array(distances) < np.array([length, width, height]) / 2)
    return inside


@given(seed=st.integers(0, 2**31), points=st.integers(0, 30), boxes=st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_all_operators_follow_the_definition(seed, points, boxes):
    xyz, boxes = random_scene(seed, points, boxes)
    expected = np.stack([by_projection(*cloud) for cloud in zip(xyz, boxes)])
    np.testing.assert_array_equal(batched_points_in_boxes(xyz, boxes), expected)
    np.testing.assert_array_equal(points_in_boxes(xyz[0], boxes[0]), expected[0])

    tensors = torch.from_numpy(xyz), torch.from_numpy(boxes)
    in_torch = points_in_boxes_torch.batched_points_in_boxes(*tensors)
    np.testing.assert_array_equal(in_torch, expected)
    np.testing.assert_array_equal(points_in_boxes_all(*tensors), expected)
    first = [
        [row.index(True) if True in row else -1 for row in cloud.tolist()] for cloud in expected
    ]
    assert points_in_boxes_part(*tensors).tolist() == first


def test_more_points_than_fit_in_one_chunk_give_the_same():
    xyz, boxes = random_scene(0, 60000, 40, clouds=1)
    assert xyz.shape[1] * boxes.shape[1] > points_in_boxes_torch._PAIRS_PER_CHUNK
    tensors = torch.from_numpy(xyz), torch.from_numpy(boxes)
    in_torch = points_in_boxes_torch.batched_points_in_boxes(*tensors)
    np.testing.assert_array_equal(in_torch, batched_points_in_boxes(xyz, boxes))


@pytest.mark.parametrize(
    ('point', 'expected'),
    [
        ((0, 0, 0), 1),  # on the bottom
        ((0, 0, 2), 1),  # on the top
        ((0, 0, 2.001), 0),
        ((0, 0, -0.001), 0),
        ((2, 0, 1), 0),  # on the front
        ((0, 1, 1), 0),  # on the side
        ((1.999, 0.999, 1), 1),
        ((0, 1.5, 1), 0),
    ],
)
def test_bottom_and_top_belong_to_the_box_and_sides_do_not(point, expected):
    box = torch.tensor([[[0.0, 0, 0, 4, 2, 2, 0]]])
    points = torch.tensor([[point]], dtype=torch.float32)
    assert points_in_boxes_all(points, box).item() == expected
    wide = points.double(), box.double()
    assert points_in_boxes_torch.batched_points_in_boxes(*wide).item() == expected


def test_the_yaw_is_counter_clockwise():
    box = torch.tensor([[[10.0, 5, 0, 4, 1, 2, math.pi / 4]]])
    points = torch.tensor([[[11.0, 6, 1], [11, 4, 1]]])
    assert points_in_boxes_all(points, box).flatten().tolist() == [1, 0]


def test_a_point_in_two_boxes_belongs_to_the_first():
    boxes = torch.tensor([[[9.0, 9, 9, 1, 1, 1, 0], [0, 0, 0, 4, 4, 4, 0], [0, 0, 0, 6, 6, 6, 0]]])
    points = torch.tensor([[[0.0, 0, 1], [2.5, 0, 1], [5, 0, 1]]])
    part, every = points_in_boxes_part(points, boxes), points_in_boxes_all(points, boxes)
    assert part.tolist() == [[1, 2, -1]]
    assert every.tolist() == [[[0, 1, 1], [0, 0, 1], [0, 0, 0]]]
    assert part.dtype == every.dtype == torch.int32


def test_points_belong_only_to_boxes_of_their_own_cloud():
    boxes = torch.zeros(2, 1, 7)
    boxes[..., 3:6] = 2
    boxes[1, 0, 0] = 50
    points = torch.tensor([[[0.0, 0, 1]], [[0, 0, 1]]])
    assert points_in_boxes_part(points, boxes).tolist() == [[0], [-1]]


def test_padding_boxes_hold_nothing():
    assert points_in_boxes_part(torch.zeros(1, 4, 3), torch.zeros(1, 3, 7)).unique().tolist() == [
        -1
    ]


@pytest.mark.parametrize(('points', 'boxes'), [(0, 4), (5, 0), (0, 0)])
def test_no_points_or_no_boxes_give_empty_results(points, boxes):
    arguments = torch.zeros(2, points, 3), torch.zeros(2, boxes, 7)
    assert points_in_boxes_all(*arguments).shape == (2, points, boxes)
    part = points_in_boxes_part(*arguments)
    assert part.shape == (2, points)
    assert (part == -1).all()
    in_torch = points_in_boxes_torch.batched_points_in_boxes(*arguments)
    assert in_torch.shape == (2, points, boxes)


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_values_that_are_not_finite_are_outside_and_spoil_no_other(value):
    xyz, boxes = random_scene(1, 300, 3, clouds=1)
    clean = points_in_boxes(xyz[0], boxes[0])
    assert clean[3:, 1:].any()
    xyz[0, 0, 0], xyz[0, 1, 1], xyz[0, 2, 2] = value, value, value
    boxes[0, 0, 6] = value
    tensors = torch.from_numpy(xyz), torch.from_numpy(boxes)
    in_torch = points_in_boxes_torch.batched_points_in_boxes(*tensors)[0].numpy()
    for inside in (points_in_boxes(xyz[0], boxes[0]), in_torch):
        np.testing.assert_array_equal(inside[3:, 1:], clean[3:, 1:])
        assert not inside[:3].any() and not inside[:, 0].any()


def test_further_columns_and_strides_of_the_points_are_allowed():
    xyz, boxes = random_scene(2, 200, 5, clouds=1)
    with_more = np.concatenate([xyz[0], xyz[0]], axis=1).astype(np.float32)
    found = points_in_boxes(with_more[::2], boxes[0])
    np.testing.assert_array_equal(found, points_in_boxes(xyz[0].astype(np.float32)[::2], boxes[0]))
    assert found.dtype == bool


def test_arguments_of_another_shape_are_refused():
    points, boxes = torch.zeros(2, 4, 3), torch.zeros(2, 3, 7)
    for operator in (points_in_boxes_part, points_in_boxes_all):
        with pytest.raises(ValueError, match=r'points must have shape \(B, M, 3\), got \(4, 3\)'):
            operator(points[0], boxes)
        with pytest.raises(ValueError, match=r'boxes must have shape \(2, T, 7\), got \(1, 3, 7\)'):
            operator(points, boxes[:1])
        with pytest.raises(TypeError, match='boxes must be a floating-point'):
            operator(points, boxes.long())
    with pytest.raises(ValueError, match=r'boxes must have shape \(T, 7\), got \(3, 5\)'):
        points_in_boxes(np.zeros((4, 3)), np.zeros((3, 5)))
    with pytest.raises(ValueError, match=r'points must have shape \(N, C\) with C >= 3'):
        points_in_boxes(np.zeros((4, 2)), np.zeros((3, 7)))


@pytest.mark.gpu
@pytest.mark.parametrize('operator', [points_in_boxes_part, points_in_boxes_all])
def test_the_gpu_finds_the_boxes_of_the_cpu(operator):
    xyz, boxes = (torch.from_numpy(array).float() for array in random_scene(3, 60000, 30))
    found = operator(xyz.to('cuda'), boxes.to('cuda'))
    assert found.is_cuda and found.dtype == torch.int32
    assert torch.equal(found.cpu(), operator(xyz, boxes))
