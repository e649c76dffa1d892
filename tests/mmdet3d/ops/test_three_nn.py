"""Three nearest neighbours and their interpolation against the definition and across backends."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.ops import three_interpolate, three_nn
from mmdet3d.ops.on_device import three_nn as three_nn_torch


def random_scene(seed: int, targets: int, sources: int, clouds: int = 2):
    """Half of the coordinates are on a coarse grid, where many distances are equal."""
    rng = np.random.default_rng(seed)
    xyz = rng.uniform(-3, 3, (clouds, targets + sources, 3)).astype(np.float32)
    xyz[:, ::2] = xyz[:, ::2].round()
    xyz = torch.from_numpy(rng.permuted(xyz, axis=1))
    return xyz[:, :targets], xyz[:, targets:]


def search_in_torch(targets, sources):
    """The path of other devices, on the CPU."""
    squared, index = three_nn_torch.three_nearest(targets, sources)
    return squared.sqrt(), index


def by_definition(targets: np.ndarray, sources: np.ndarray):
    """All distances at once; a stable sort keeps equal ones in order."""
    x, y, z = (np.subtract.outer(a, b) for a, b in zip(targets.T, sources.T))
    squared = x * x + y * y + z * z
    index = np.argsort(squared, axis=1, kind='stable')[:, :3]
    return np.sqrt(np.take_along_axis(squared, index, axis=1)), index


@given(seed=st.integers(0, 2**31), targets=st.integers(0, 20), sources=st.integers(3, 40))
@settings(max_examples=100, deadline=None)
def test_both_backends_follow_the_definition(seed, targets, sources):
    scene = random_scene(seed, targets, sources)
    clouds = [by_definition(*cloud) for cloud in zip(*(tensor.numpy() for tensor in scene))]
    for search in (three_nn, search_in_torch):
        distances, index = search(*scene)
        # Torch's square root may differ from numpy's in the last digit.
        expected = np.stack([cloud[0] for cloud in clouds])
        np.testing.assert_allclose(distances, expected, rtol=2e-7, atol=0)
        np.testing.assert_array_equal(index, np.stack([cloud[1] for cloud in clouds]))
        assert distances.dtype == torch.float32 and index.dtype == torch.int64


def test_more_pairs_than_fit_in_one_chunk_give_the_same():
    targets, sources = random_scene(0, 4000, 1500)
    pairs = targets.shape[0] * targets.shape[1] * sources.shape[1]
    assert pairs > 2 * three_nn_torch._PAIRS_PER_CHUNK
    for have, want in zip(search_in_torch(targets, sources), three_nn(targets, sources)):
        assert torch.equal(have, want)


def test_the_first_of_equally_near_sources_comes_first():
    sources = torch.tensor([[[2.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, 0, 1], [0, 1, 0]]])
    for search in (three_nn, search_in_torch):
        distances, index = search(torch.zeros(1, 1, 3), sources)
        assert index.tolist() == [[[1, 2, 3]]]
        assert distances.tolist() == [[[1, 1, 1]]]


@pytest.mark.parametrize('sources', [1, 2])
def test_missing_neighbours_are_infinitely_far_and_weigh_nothing(sources):
    scene = random_scene(1, 4, sources)
    for search in (three_nn, search_in_torch):
        distances, index = search(*scene)
        assert distances[..., :sources].isfinite().all()
        assert (distances[..., sources:] == math.inf).all()
        assert (index[..., sources:] == 0).all()
        weights = 1 / (distances + 1e-8)
        weights = weights / weights.sum(-1, keepdim=True)
        features = torch.ones(2, 6, sources)
        torch.testing.assert_close(three_interpolate(features, index, weights), torch.ones(2, 6, 4))


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_values_that_are_not_finite_are_near_to_nothing_and_spoil_no_other(value):
    targets, sources = random_scene(2, 6, 9, clouds=1)
    clean = three_nn(targets, sources[:, 2:])
    targets[0, 5, 0], sources[0, 0, 1], sources[0, 1, 2] = value, value, value
    for search in (three_nn, search_in_torch):
        distances, index = search(targets, sources)
        assert torch.equal(distances[:, :5], clean[0][:, :5])
        assert torch.equal(index[:, :5], clean[1][:, :5] + 2)
        assert (distances[:, 5] == math.inf).all() and (index[:, 5] == 0).all()


@pytest.mark.parametrize(('clouds', 'targets', 'sources'), [(0, 4, 5), (2, 0, 5), (2, 0, 0)])
def test_no_clouds_or_no_targets_give_empty_results(clouds, targets, sources):
    scene = torch.zeros(clouds, targets, 3), torch.zeros(clouds, sources, 3)
    for search in (three_nn, search_in_torch):
        for found in search(*scene):
            assert found.shape == (clouds, targets, 3)


def test_strides_dtypes_and_gradients_change_nothing():
    targets, sources = random_scene(3, 30, 40)
    distances, index = three_nn(targets, sources)
    strided = (t.transpose(1, 2).contiguous().transpose(1, 2) for t in (targets, sources))
    assert torch.equal(three_nn(*strided)[1], index)
    wide = three_nn(targets.double().requires_grad_(), sources)
    assert torch.equal(wide[0], distances) and torch.equal(wide[1], index)
    assert not wide[0].requires_grad


def test_arguments_that_cannot_work_are_refused():
    targets, sources = random_scene(4, 5, 6)
    with pytest.raises(ValueError, match=r'targets must have shape \(B, N, 3\), got \(5, 3\)'):
        three_nn(targets[0], sources)
    with pytest.raises(ValueError, match=r'sources must have shape \(2, M, 3\), got \(1, 6, 3\)'):
        three_nn(targets, sources[:1])
    with pytest.raises(ValueError, match=r'no sources .* targets of shape \(2, 5, 3\)'):
        three_nn(targets, sources[:, :0])
    with pytest.raises(TypeError, match='sources must be a floating-point'):
        three_nn(targets, sources.long())


@pytest.mark.gpu
def test_the_gpu_finds_the_neighbours_of_the_cpu():
    targets, sources = random_scene(5, 4000, 1500)
    distances, index = three_nn(targets.to('cuda'), sources.to('cuda'))
    want = three_nn(targets, sources)
    assert distances.is_cuda and index.is_cuda
    assert torch.equal(index.cpu(), want[1])
    # The square root may differ in its last digit.
    torch.testing.assert_close(distances.cpu(), want[0], rtol=1e-6, atol=0)
