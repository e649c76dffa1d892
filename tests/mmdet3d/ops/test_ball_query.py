"""Ball query against its definition, known cases, and across backends."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.ops import ball_query
from mmdet3d.ops.on_device import ball_query as ball_query_torch


def random_scene(seed: int, points: int, centres: int, clouds: int = 2):
    """Half of the coordinates are on a grid, where distances meet the radii exactly."""
    rng = np.random.default_rng(seed)
    xyz = rng.uniform(-4, 4, (clouds, points + centres, 3)).astype(np.float32)
    xyz[:, ::2] = xyz[:, ::2].round()
    xyz = torch.from_numpy(rng.permuted(xyz, axis=1))
    return xyz[:, :points], xyz[:, points:]


def query_in_torch(min_radius, max_radius, num_samples, points, centres):
    """The path of other devices, on the CPU."""
    low, high = (float(np.float32(r) * np.float32(r)) for r in (min_radius, max_radius))
    return ball_query_torch.ball_query(low, high, num_samples, points, centres)


def by_definition(min_radius, max_radius, num_samples, points, centres):
    found = np.zeros((len(centres), num_samples), dtype=int)
    low, high = np.float32(min_radius), np.float32(max_radius)
    for i, centre in enumerate(centres):
        x, y, z = (points - centre).T
        squared = x * x + y * y + z * z
        inside = (squared == 0) | ((squared >= low * low) & (squared < high * high))
        listed = inside.nonzero()[0][:num_samples].tolist()
        if listed:
            found[i] = listed + listed[:1] * (num_samples - len(listed))
    return found.tolist()


@given(
    seed=st.integers(0, 2**31),
    points=st.integers(1, 60),
    centres=st.integers(0, 12),
    radii=st.sampled_from([(0, 1), (0, 0.1), (1, 2), (1, 3), (2.5, 2.7), (0, 20)]),
    num_samples=st.integers(1, 9),
)
@settings(max_examples=120, deadline=None)
def test_both_backends_follow_the_definition(seed, points, centres, radii, num_samples):
    xyz, around = random_scene(seed, points, centres)
    arrays = zip(xyz.numpy(), around.numpy())
    expected = [by_definition(*radii, num_samples, *cloud) for cloud in arrays]
    found = ball_query(*radii, num_samples, xyz, around)
    assert found.tolist() == expected
    in_torch = query_in_torch(*radii, num_samples, xyz, around)
    assert in_torch.tolist() == expected
    assert found.dtype == in_torch.dtype == torch.int64


def test_more_pairs_than_fit_in_one_chunk_give_the_same():
    xyz, around = random_scene(0, 6000, 900)
    assert xyz.shape[0] * xyz.shape[1] * around.shape[1] > 2 * ball_query_torch._PAIRS_PER_CHUNK
    found = ball_query(0.2, 0.9, 16, xyz, around)
    assert torch.equal(query_in_torch(0.2, 0.9, 16, xyz, around), found)


LINE = torch.tensor([[[3.0, 0, 0], [1, 0, 0], [0, 0, 0], [2, 0, 0], [0, 0, 0]]])
ORIGIN = torch.zeros(1, 1, 3)


@pytest.mark.parametrize(
    ('radii', 'expected'),
    [
        ((0, 2), [1, 2, 4, 1]),  # the first ones in order, then the first again
        ((0, 3.5), [0, 1, 2, 3]),  # no more than asked for
        ((1, 3), [1, 2, 3, 4]),  # min included, max not, distance zero always
        ((2.5, 2.6), [2, 4, 2, 2]),
    ],
)
def test_known_points_on_a_line(radii, expected):
    assert ball_query(*radii, 4, LINE, ORIGIN).tolist() == [[expected]]
    assert query_in_torch(*radii, 4, LINE, ORIGIN).tolist() == [[expected]]


def test_a_centre_without_points_gets_zeros():
    assert ball_query(0, 1, 3, LINE, ORIGIN + 50).tolist() == [[[0, 0, 0]]]
    assert query_in_torch(0, 1, 3, LINE, ORIGIN + 50).tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_values_that_are_not_finite_are_in_no_ball(value):
    xyz, around = random_scene(1, 30, 4, clouds=1)
    clean = ball_query(0, 50, 40, xyz[:, 2:], around) + 2
    xyz[0, 0, 0], xyz[0, 1, 2], around[0, 3, 1] = value, value, value
    found = ball_query(0, 50, 40, xyz, around)
    assert torch.equal(found[:, :3], clean[:, :3])
    assert (found[:, 3] == 0).all()
    assert torch.equal(query_in_torch(0, 50, 40, xyz, around), found)


@pytest.mark.parametrize(('clouds', 'points', 'centres'), [(0, 5, 2), (2, 5, 0), (2, 0, 0)])
def test_no_clouds_or_no_centres_give_empty_results(clouds, points, centres):
    scene = torch.zeros(clouds, points, 3), torch.zeros(clouds, centres, 3)
    assert ball_query(0, 1, 4, *scene).shape == (clouds, centres, 4)
    assert query_in_torch(0, 1, 4, *scene).shape == (clouds, centres, 4)


def test_strides_dtypes_and_gradients_change_nothing():
    xyz, around = random_scene(2, 80, 20)
    expected = ball_query(0, 2, 8, xyz, around)
    strided = (tensor.transpose(1, 2).contiguous().transpose(1, 2) for tensor in (xyz, around))
    assert torch.equal(ball_query(0, 2, 8, *strided), expected)
    assert torch.equal(ball_query(0, 2, 8, xyz.double().requires_grad_(), around), expected)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((0, 1, 4, LINE[0], ORIGIN), r'points must have shape \(B, N, 3\), got \(5, 3\)'),
        ((0, 1, 4, LINE, ORIGIN[..., :2]), r'centres must have shape \(1, M, 3\), got \(1, 1, 2\)'),
        ((0, 1, 4, LINE, torch.zeros(2, 1, 3)), r'centres must have shape \(1, M, 3\)'),
        ((0, 1, 0, LINE, ORIGIN), 'num_samples must be at least 1, got 0'),
        ((1, 1, 4, LINE, ORIGIN), 'min_radius < max_radius, got 1 and 1'),
        ((-1, 1, 4, LINE, ORIGIN), '0 <= min_radius < max_radius, got -1 and 1'),
        ((0, math.nan, 4, LINE, ORIGIN), 'min_radius < max_radius, got 0 and nan'),
        ((0, 1, 4, LINE[:, :0], ORIGIN), r'no points .* centres of shape \(1, 1, 3\)'),
        ((0, 1, 4, LINE, ORIGIN.to('meta')), 'on one device'),
    ],
)
def test_arguments_that_cannot_work_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ball_query(*arguments)


def test_centres_that_are_not_floats_are_refused():
    with pytest.raises(TypeError, match=r'centres must be a floating-point .* got torch.int64'):
        ball_query(0, 1, 4, LINE, ORIGIN.long())


@pytest.mark.gpu
def test_the_gpu_finds_the_points_of_the_cpu():
    xyz, around = random_scene(3, 8000, 2000)
    for radii in ((0, 0.5), (1, 2)):
        found = ball_query(*radii, 16, xyz.to('cuda'), around.to('cuda'))
        assert found.is_cuda
        assert torch.equal(found.cpu(), ball_query(*radii, 16, xyz, around))
