"""Furthest point sampling against its definition, known cases, and across backends."""

import math
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.on_cpu import furthest_point_sample as on_cpu
from mmdet3d.ops import furthest_point_sample
from mmdet3d.ops.on_device import furthest_point_sample as furthest_point_sample_torch


def random_cloud(seed: int, points: int, clouds: int = 2) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(0, 20, (clouds, points, 3)).astype(np.float32))


def crowded_cloud(seed: int, points: int, clouds: int = 2) -> torch.Tensor:
    """Points on a coarse grid: many coincide, many more are equally far."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(-1, 2, (clouds, points, 3)).astype(np.float32))


def by_definition(cloud: np.ndarray, num_points: int) -> list[int]:
    """All distances at once; numpy's argmax gives the first of equal values."""
    x, y, z = (np.subtract.outer(column, column) for column in cloud.T)
    squared = x * x + y * y + z * z
    chosen = [0]
    while len(chosen) < num_points:
        chosen.append(int(squared[:, chosen].min(axis=1).argmax()))
    return chosen


@given(
    seed=st.integers(0, 2**31),
    num_points=st.integers(1, 40),
    more=st.integers(0, 40),
    make=st.sampled_from([random_cloud, crowded_cloud]),
)
@settings(max_examples=80, deadline=None)
def test_both_backends_follow_the_definition(seed, num_points, more, make):
    points = make(seed, num_points + more)
    expected = [by_definition(cloud, num_points) for cloud in points.numpy()]
    chosen = furthest_point_sample(points, num_points)
    assert chosen.tolist() == expected
    in_torch = furthest_point_sample_torch.furthest_point_sample(points, num_points)
    assert in_torch.tolist() == expected
    assert chosen.dtype == in_torch.dtype == torch.int64


@given(
    seed=st.integers(0, 2**31),
    points=st.integers(1, 300),
    share=st.floats(0.01, 1),
    make=st.sampled_from([random_cloud, crowded_cloud]),
)
@settings(max_examples=60, deadline=None)
def test_blocks_of_points_change_nothing(seed, points, share, make):
    clouds, num_points = make(seed, points), max(1, round(share * points))
    expected = furthest_point_sample(clouds, num_points)
    with mock.patch.object(on_cpu, '_LARGE', 1):
        assert torch.equal(furthest_point_sample(clouds, num_points), expected)


@pytest.mark.parametrize('value', [math.nan, math.inf, 1e19, -3e38])
@pytest.mark.parametrize('row', [0, 700])
def test_coordinates_without_a_distance_are_the_same_in_a_large_cloud(value, row):
    points = random_cloud(6, 1500, clouds=1)
    points[0, row, 1] = value
    expected = furthest_point_sample_torch.furthest_point_sample(points, 300)
    assert torch.equal(furthest_point_sample(points, 300), expected)


def test_a_large_cloud_of_one_place_repeats_its_first_point():
    assert not furthest_point_sample(torch.full((1, 2000, 3), 7.5), 50).any()


def test_a_large_cloud_gives_the_same_in_both_backends():
    points = random_cloud(0, 3000)
    in_torch = furthest_point_sample_torch.furthest_point_sample(points, 800)
    assert torch.equal(furthest_point_sample(points, 800), in_torch)


def test_the_first_of_equally_far_points_is_chosen():
    line = torch.tensor([[0.0, 0, 0], [1, 0, 0], [-2, 0, 0], [2, 0, 0], [2, 0, 0], [-2, 0, 0]])
    # After 0, 2 and 3, point 1 is one metre from its nearest and every other one none.
    assert furthest_point_sample(line[None], 6).tolist() == [[0, 2, 3, 1, 0, 0]]


def test_a_cloud_of_one_place_repeats_its_first_point():
    points = torch.full((2, 9, 3), 7.5)
    assert furthest_point_sample(points, 5).tolist() == [[0] * 5] * 2


def test_all_points_can_be_chosen():
    points = random_cloud(1, 200, clouds=1)
    assert furthest_point_sample(points, 200).sort().values.tolist() == [list(range(200))]


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_points_that_are_not_finite_are_not_chosen(value):
    points = random_cloud(2, 60, clouds=1)
    points[0, [7, 20, 33], [0, 1, 2]] = value
    finite = points[0].isfinite().all(dim=1).nonzero().squeeze(1)
    clean = furthest_point_sample(points[:, finite], 57)[0]
    chosen = furthest_point_sample(points, 60)
    assert chosen[0, :57].tolist() == finite[clean].tolist()
    assert chosen[0, 57:].tolist() == [0, 0, 0]
    in_torch = furthest_point_sample_torch.furthest_point_sample(points, 60)
    assert torch.equal(in_torch, chosen)


def test_a_cloud_that_begins_with_nan_repeats_its_first_point():
    points = random_cloud(3, 10, clouds=1)
    points[0, 0, 1] = math.nan
    assert furthest_point_sample(points, 4).tolist() == [[0, 0, 0, 0]]
    in_torch = furthest_point_sample_torch.furthest_point_sample(points, 4)
    assert in_torch.tolist() == [[0, 0, 0, 0]]


def test_no_clouds_give_no_indices():
    assert furthest_point_sample(torch.zeros(0, 5, 3), 4).shape == (0, 4)
    in_torch = furthest_point_sample_torch.furthest_point_sample(torch.zeros(0, 5, 3), 4)
    assert in_torch.shape == (0, 4)


def test_strides_dtypes_and_gradients_of_the_points_change_nothing():
    points = random_cloud(4, 50)
    expected = furthest_point_sample(points, 20)
    strided = points.transpose(1, 2).contiguous().transpose(1, 2)
    assert torch.equal(furthest_point_sample(strided, 20), expected)
    wide = points.double().requires_grad_()
    assert torch.equal(furthest_point_sample(wide, 20), expected)


def test_too_few_points_are_refused_with_a_way_out():
    with pytest.raises(ValueError, match=r'num_points=6 of 5 points: sample .* with replacement'):
        furthest_point_sample(torch.zeros(2, 5, 3), 6)


def test_arguments_of_another_kind_are_refused():
    with pytest.raises(ValueError, match=r'points must have shape \(B, N, 3\), got \(5, 3\)'):
        furthest_point_sample(torch.zeros(5, 3), 2)
    with pytest.raises(ValueError, match='num_points must be at least 1, got 0'):
        furthest_point_sample(torch.zeros(1, 5, 3), 0)
    with pytest.raises(TypeError, match=r'points must be a floating-point .* got torch.int64'):
        furthest_point_sample(torch.zeros(1, 5, 3).long(), 2)


@pytest.mark.gpu
@pytest.mark.parametrize('make', [random_cloud, crowded_cloud])
def test_the_gpu_chooses_the_points_of_the_cpu(make):
    points = make(5, 4000)
    chosen = furthest_point_sample(points.to('cuda'), 1000)
    assert chosen.is_cuda
    assert torch.equal(chosen.cpu(), furthest_point_sample(points, 1000))
