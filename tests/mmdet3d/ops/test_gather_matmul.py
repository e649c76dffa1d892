"""Sparse convolution's sums of products against one pair after the other."""

from unittest import mock

import pytest
import torch

from mmdet3d.ops import gather_matmul
from mmdet3d.ops.gather_matmul import gather_matmul_add

INPUTS, OUTPUTS, COUNTS = 30, 25, [7, 0, 20, 1, 12]


@pytest.fixture
def case():
    """Features, weights and pairs; offset 1 meets nothing, and some outputs neither."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(INPUTS, 6, generator=generator, dtype=torch.double)
    weight = torch.randn(len(COUNTS), 6, 4, generator=generator, dtype=torch.double)
    pairs = torch.cat(
        [
            torch.stack(
                [torch.randperm(n, generator=generator)[:count] for n in (INPUTS, OUTPUTS - 1)]
            )
            for count in COUNTS
        ],
        dim=1,
    )
    return features, weight, pairs


def one_by_one(features, weight, pairs):
    out = torch.zeros(OUTPUTS, weight.shape[2], dtype=features.dtype)
    offsets = torch.arange(len(COUNTS)).repeat_interleave(torch.tensor(COUNTS))
    for offset, source, target in zip(offsets, *pairs):
        out = out.index_add(0, target[None], features[source][None] @ weight[offset])
    return out


def results(function, features, weight, pairs):
    """Return the output and both gradients."""
    leaves = [each.clone().requires_grad_() for each in (features, weight)]
    out = function(*leaves, pairs)
    scale = torch.arange(out.numel()).view(out.shape).sin().to(out)
    return [out, *torch.autograd.grad((out * scale).sum(), leaves)]


def shipped(features, weight, pairs):
    return gather_matmul_add(features, weight, pairs, torch.tensor(COUNTS), OUTPUTS)


@pytest.mark.parametrize('index', [torch.int32, torch.int64])
@pytest.mark.parametrize('dtype, tolerance', [(torch.double, 1e-12), (torch.float, 1e-5)])
def test_output_and_gradients_are_those_of_each_pair(case, dtype, tolerance, index):
    features, weight, pairs = case
    found = results(shipped, features.to(dtype), weight.to(dtype), pairs.to(index))
    for one, other in zip(found, results(one_by_one, *case), strict=True):
        assert one.dtype == dtype
        torch.testing.assert_close(one.double(), other, rtol=0, atol=tolerance)


@pytest.mark.parametrize('limit', [1, 4 * 10, 4 * 21, 4 * 1000])
def test_any_number_of_products_at_once_gives_the_same(case, limit):
    with mock.patch.object(gather_matmul, '_AT_ONCE', limit):
        found = results(shipped, *case)
    for one, other in zip(found, results(shipped, *case), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_low_precision_is_added_up_in_float32(case):
    features, weight, pairs = case[0].float(), case[1].float(), case[2]
    with torch.autocast('cpu', torch.bfloat16):
        found = results(shipped, features, weight, pairs)
    rounded = [each.bfloat16().double() for each in (features, weight)]
    expected = results(one_by_one, *rounded, pairs)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one.double(), other, rtol=0.02, atol=0.1)


def test_frozen_layers_have_no_gradient(case):
    features, weight, pairs = case
    features.requires_grad_()
    shipped(features, weight, pairs).sum().backward()
    assert weight.grad is None
    assert features.grad.shape == features.shape
