"""Batch normalisation with the channels last agrees with torch's in float64."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.ops.row_norm import batch_norm_rows


def normalised(x, weight, bias, gradient, function):
    """Return the output, the gradients and the statistics, in float64."""
    leaves = [each.clone(memory_format=torch.preserve_format) for each in (x, weight, bias)]
    for leaf in leaves:
        leaf.requires_grad_()
    out, *moments = function(*leaves)
    return [each.double() for each in (out, *torch.autograd.grad(out, leaves, gradient), *moments)]


def by_torch(x, weight, bias):
    out = torch.nn.functional.batch_norm(x, None, None, weight, bias, True, 0.0, 1e-3)
    dims = [0, *range(2, x.dim())]
    return out, x.detach().mean(dims), x.detach().var(dims, correction=0)


def draw(shape, offset):
    generator = torch.Generator().manual_seed(len(shape) + shape[0])
    form = torch.channels_last if len(shape) == 4 else torch.contiguous_format
    x, gradient = (
        torch.randn(shape, generator=generator).contiguous(memory_format=form) for _ in range(2)
    )
    weight, bias = torch.randn(2, shape[1], generator=generator)
    return x + offset, weight, bias, gradient


def errors(shape, offset, function):
    """Return how far each result is from float64's, as a share of the largest, or of 1."""
    inputs = draw(shape, offset)
    found = normalised(*inputs, function)
    expected = normalised(*(each.double() for each in inputs), by_torch)
    return [
        ((one - other).abs().max() / max(other.abs().max(), 1)).item()
        for one, other in zip(found, expected, strict=True)
    ]


def ours(*leaves):
    return batch_norm_rows(*leaves, 1e-3)


@pytest.mark.parametrize('offset', [0, 3, 30])
def test_a_large_map_loses_no_digits(offset):
    assert max(errors((2, 64, 120, 110), offset, ours)) <= 2e-7 * max(offset, 1) + 1e-6


def test_torchs_own_errs_more_than_twenty_times_as_much():
    shape, offset = (2, 64, 248, 216), 30
    assert max(errors(shape, offset, by_torch)) > 20 * max(errors(shape, offset, ours))


@settings(max_examples=30, deadline=None)
@given(
    st.one_of(
        st.tuples(st.integers(2, 9), *(st.integers(1, 9) for _ in range(3))),
        st.tuples(st.integers(2, 3000), st.integers(1, 9)),
    )
)
def test_maps_and_rows_of_any_shape(shape):
    assert max(errors(shape, 1, ours)) <= 1e-5


def test_no_gradient_is_computed_for_maps_that_need_none():
    x, weight, bias, gradient = draw((2, 3, 4, 5), 0)
    weight.requires_grad_()
    out, _, _ = batch_norm_rows(x, weight, bias, 1e-3)
    out.backward(gradient)
    assert x.grad is None
    assert weight.grad is not None
