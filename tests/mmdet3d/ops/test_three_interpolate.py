"""Interpolation from three neighbours against its definition, with its gradients."""

import pytest
import torch

from mmdet3d.ops import three_interpolate


def random_case(dtype=torch.float64, clouds=2, channels=4, sources=6, targets=5):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn((clouds, channels, sources), dtype=dtype, generator=generator)
    indices = torch.randint(0, sources, (clouds, targets, 3), generator=generator)
    weights = torch.rand((clouds, targets, 3), dtype=dtype, generator=generator)
    return features, indices, weights


def test_the_result_is_the_weighted_sum():
    features, indices, weights = random_case()
    result = three_interpolate(features, indices, weights)
    assert result.shape == (2, 4, 5)
    for cloud in range(2):
        for i in range(5):
            wanted = features[cloud][:, indices[cloud, i]] @ weights[cloud, i]
            torch.testing.assert_close(result[cloud, :, i], wanted)
    assert torch.equal(three_interpolate(features, indices.int(), weights), result)


def test_gradients_are_those_of_the_definition():
    features, indices, weights = random_case()
    inputs = features.requires_grad_(), weights.requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w: three_interpolate(x, indices, w), inputs)


@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64])
def test_the_result_has_the_dtype_of_the_features(dtype):
    features, indices, weights = random_case()
    assert three_interpolate(features.to(dtype), indices, weights.float()).dtype == dtype


@pytest.mark.parametrize('empty', ['clouds', 'channels', 'targets'])
def test_empty_inputs_give_empty_results(empty):
    features, indices, weights = random_case(**{empty: 0})
    result = three_interpolate(features, indices, weights)
    assert result.shape == (*features.shape[:2], indices.shape[1])


def test_arguments_of_another_kind_are_refused():
    features, indices, weights = random_case()
    with pytest.raises(ValueError, match=r'features must have shape \(B, C, M\), got \(4, 6\)'):
        three_interpolate(features[0], indices, weights)
    with pytest.raises(ValueError, match=r'indices must have shape \(2, N, 3\), got \(2, 5, 2\)'):
        three_interpolate(features, indices[..., :2], weights)
    with pytest.raises(ValueError, match=r'weights must have shape \(2, 5, 3\), got \(2, 4, 3\)'):
        three_interpolate(features, indices, weights[:, :4])
    with pytest.raises(TypeError, match=r'indices must be an int32 or int64 .* got torch.float64'):
        three_interpolate(features, weights, weights)
    with pytest.raises(TypeError, match='weights must be a floating-point'):
        three_interpolate(features, indices, indices)
    with pytest.raises(RuntimeError, match='index 9 is out of bounds'):
        three_interpolate(features, indices.fill_(9), weights)


@pytest.mark.gpu
def test_the_gpu_gives_the_features_and_gradients_of_the_cpu():
    features, indices, weights = random_case(torch.float32, 2, 60, 700, 900)
    there, here = features.to('cuda').requires_grad_(), features.requires_grad_()
    have = three_interpolate(there, indices.to('cuda'), weights.to('cuda'))
    want = three_interpolate(here, indices, weights)
    torch.testing.assert_close(have.cpu(), want)
    have.square().sum().backward()
    want.square().sum().backward()
    torch.testing.assert_close(there.grad.cpu(), here.grad)
