"""RoI point pooling against its definition, known cases, and across backends."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.on_cpu import roi_point_pool as roi_point_pool_cpu
from mmdet3d.ops import points_in_boxes_all, roi_point_pool
from mmdet3d.ops.on_device import roi_point_pool as in_torch


def random_scene(seed: int, points: int, boxes: int, clouds: int = 2, channels: int = 2):
    """The second channel of the features is the point's index."""
    rng = np.random.default_rng(seed)
    xyz = rng.uniform(-5, 5, (clouds, points, 3))
    features = rng.normal(0, 1, (clouds, points, channels))
    features[..., 1] = np.arange(points)
    parts = [
        rng.uniform(-5, 5, (clouds, boxes, 3)),
        rng.uniform(0.5, 6, (clouds, boxes, 3)),
        rng.uniform(-7, 7, (clouds, boxes, 1)),
    ]
    return tuple(torch.from_numpy(a) for a in (xyz, features, np.concatenate(parts, axis=-1)))


def inside_by_projection(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Distances to the middle of the box along its own axes."""
    x, y, bottom, length, width, height, yaw = box
    offset = points - [x, y, bottom + height / 2]
    forward = offset @ [math.cos(yaw), math.sin(yaw), 0]
    left = offset @ [-math.sin(yaw), math.cos(yaw), 0]
    along = np.abs(np.stack([forward, left, offset[:, 2]], axis=1))
    return (along < np.array([length, width, height]) / 2).all(axis=1)


def by_definition(points, features, boxes, limit):
    pooled = np.zeros((len(boxes), limit, 3 + features.shape[1]))
    empty = np.zeros(len(boxes), dtype=bool)
    for j, box in enumerate(boxes):
        listed = inside_by_projection(points, box).nonzero()[0][:limit]
        empty[j] = len(listed) == 0
        for slot in range(limit if len(listed) else 0):
            i = listed[slot % len(listed)]
            pooled[j, slot] = np.concatenate([points[i], features[i]])
    return pooled, empty


@given(
    seed=st.integers(0, 2**31),
    points=st.integers(0, 60),
    boxes=st.integers(0, 6),
    limit=st.integers(1, 9),
)
@settings(max_examples=100, deadline=None)
def test_both_backends_follow_the_definition(seed, points, boxes, limit):
    xyz, features, boxes = random_scene(seed, points, boxes)
    pooled, empty = roi_point_pool(xyz, features, boxes, limit)
    for cloud in range(2):
        arrays = (tensor[cloud].numpy() for tensor in (xyz, features, boxes))
        expected = by_definition(*arrays, limit)
        np.testing.assert_array_equal(pooled[cloud], expected[0])
        np.testing.assert_array_equal(empty[cloud], expected[1])
    listed = roi_point_pool_cpu.first_inside(xyz.numpy(), boxes.numpy(), limit)
    for have, want in zip(in_torch.first_inside(xyz, boxes, limit), listed):
        np.testing.assert_array_equal(have, want)
        assert have.dtype == torch.int64
    assert empty.dtype == torch.bool


def test_more_pairs_than_fit_in_one_chunk_give_the_same():
    xyz, _, boxes = random_scene(0, 40000, 80)
    assert xyz.shape[0] * xyz.shape[1] * boxes.shape[1] > 2 * in_torch._PAIRS_PER_CHUNK
    listed = roi_point_pool_cpu.first_inside(xyz.numpy(), boxes.numpy(), 64)
    for have, want in zip(in_torch.first_inside(xyz, boxes, 64), listed):
        np.testing.assert_array_equal(have, want)


def test_inside_is_what_points_in_boxes_calls_so():
    """Among them points exactly on the faces and edges of the boxes."""
    axis = torch.arange(-3.0, 4) / 2
    points = torch.cartesian_prod(axis, axis, axis)[None]
    boxes = torch.tensor([[[0.0, 0, -1, 2, 2, 2, 0], [0.5, 0, 0, 1, 3, 0.5, math.pi / 2]]])
    index = torch.arange(points.shape[1])[None, :, None].float()
    pooled, _ = roi_point_pool(points, index, boxes, points.shape[1])
    inside = points_in_boxes_all(points, boxes)[0].T
    for j in range(2):
        assert pooled[0, j, :, 3].unique().tolist() == inside[j].nonzero().flatten().tolist()


def test_few_points_are_cycled_and_an_empty_box_is_flagged():
    points = torch.tensor([[[0.0, 0, 1], [9, 9, 9], [0.5, 0, 1], [0, 0.5, 1]]])
    features = torch.tensor([[[10.0], [11], [12], [13]]])
    boxes = torch.tensor([[[0.0, 0, 0, 2, 2, 2, 0], [50, 0, 0, 2, 2, 2, 0]]])
    pooled, empty = roi_point_pool(points, features, boxes, 7)
    assert pooled.shape == (1, 2, 7, 4)
    assert pooled[0, 0, :, 3].tolist() == [10, 12, 13, 10, 12, 13, 10]
    assert pooled[0, 0, 1].tolist() == [0.5, 0, 1, 12]
    assert empty.tolist() == [[False, True]]
    assert (pooled[0, 1] == 0).all()
    assert roi_point_pool(points, features, boxes, 2)[0][0, 0, :, 3].tolist() == [10, 12]


def test_gradients_reach_every_copy_of_a_pooled_point_and_no_empty_box():
    points, features, boxes = random_scene(1, 40, 4)
    boxes[0, 0, 0] = 500
    inputs = points.requires_grad_(), features.requires_grad_()
    pooled, empty = roi_point_pool(*inputs, boxes, 6)
    assert empty[0, 0] and not empty.all()
    index = pooled[~empty][..., 4].detach().long()
    expected = torch.zeros(2, 40)
    for cloud, taken in zip((~empty).nonzero()[:, 0].tolist(), index):
        expected[cloud] += taken.bincount(minlength=40)
    pooled.sum().backward()
    for tensor in inputs:
        assert torch.equal(tensor.grad, expected[..., None].double().expand_as(tensor))
    assert torch.autograd.gradcheck(lambda x, f: roi_point_pool(x, f, boxes, 6)[0], inputs)


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_values_that_are_not_finite_are_outside(value):
    points, features, boxes = random_scene(2, 300, 3)
    points[:, :5, 1] = value
    boxes[1, 2, 6] = value
    pooled, empty = roi_point_pool(points, features, boxes, 300)
    assert pooled.isfinite().all()
    assert empty[1, 2] and not empty[0].any()
    listed = roi_point_pool_cpu.first_inside(points.numpy(), boxes.numpy(), 300)
    for have, want in zip(in_torch.first_inside(points, boxes, 300), listed):
        np.testing.assert_array_equal(have, want)


def test_points_that_are_not_finite_do_not_leak_into_empty_boxes():
    points = torch.full((1, 2, 3), math.nan)
    boxes = torch.tensor([[[0.0, 0, 0, 2, 2, 2, 0]]])
    pooled, empty = roi_point_pool(points, torch.full((1, 2, 1), math.inf), boxes, 3)
    assert empty.all() and (pooled == 0).all()


@pytest.mark.parametrize(
    ('clouds', 'points', 'boxes', 'channels'),
    [(0, 4, 2, 5), (2, 0, 3, 5), (2, 4, 0, 5), (2, 4, 3, 0)],
)
def test_empty_inputs_give_results_of_the_promised_shape(clouds, points, boxes, channels):
    features = torch.zeros(clouds, points, channels)
    scene = torch.zeros(clouds, points, 3), features, torch.zeros(clouds, boxes, 7)
    pooled, empty = roi_point_pool(*scene, 6)
    assert pooled.shape == (clouds, boxes, 6, 3 + channels)
    assert empty.shape == (clouds, boxes) and empty.all()
    index, count = in_torch.first_inside(scene[0].double(), scene[2].double(), 6)
    assert index.shape == (clouds, boxes, 6) and count.shape == (clouds, boxes)


def test_arguments_that_cannot_work_are_refused():
    points, features, boxes = random_scene(3, 5, 4)
    with pytest.raises(ValueError, match=r'points must have shape \(B, N, 3\), got \(5, 3\)'):
        roi_point_pool(points[0], features, boxes, 6)
    with pytest.raises(ValueError, match=r'features must have shape \(2, 5, C\), got \(2, 4, 2\)'):
        roi_point_pool(points, features[:, :4], boxes, 6)
    with pytest.raises(ValueError, match=r'boxes must have shape \(2, M, 7\), got \(2, 4, 5\)'):
        roi_point_pool(points, features, boxes[..., :5], 6)
    with pytest.raises(ValueError, match='num_sampled_points must be at least 1, got 0'):
        roi_point_pool(points, features, boxes, 0)
    with pytest.raises(TypeError, match='features must be a floating-point'):
        roi_point_pool(points, features.long(), boxes, 6)


@pytest.mark.gpu
def test_the_gpu_pools_the_points_of_the_cpu():
    scene = tuple(tensor.float() for tensor in random_scene(4, 16000, 60))
    want = roi_point_pool(*scene, 128)
    for have, expected in zip(roi_point_pool(*(t.to('cuda') for t in scene), 128), want):
        assert have.is_cuda
        assert torch.equal(have.cpu(), expected)
