"""The focal loss and its gradient are mmdet's."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmdet.models.losses.focal_loss import py_sigmoid_focal_loss

from mmdet_patched.models import FocalLoss


def draw(rows, classes, seed, spread=3.0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, classes, generator=generator, dtype=torch.double) * spread
    target = torch.randint(classes + 1, (rows,), generator=generator)
    weight = torch.rand(rows, generator=generator, dtype=torch.double)
    return logits, target, weight


def value_and_gradient(function, logits):
    leaf = logits.clone().requires_grad_()
    value = function(leaf)
    (gradient,) = torch.autograd.grad((value * torch.ones_like(value).cumsum(0)).sum(), leaf)
    return value, gradient


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 30),
    classes=st.integers(1, 4),
    seed=st.integers(0, 999),
    gamma=st.sampled_from([0.0, 1.0, 2.0, 2.5]),
    alpha=st.sampled_from([0.25, 0.5, 1.0]),
    reduction=st.sampled_from(['none', 'mean', 'sum']),
    is_weighted=st.sampled_from(['no', 'by row', 'by value']),
)
def test_value_and_gradient_are_mmdets(rows, classes, seed, gamma, alpha, reduction, is_weighted):
    logits, target, weight = draw(rows, classes, seed)
    weight = {'no': None, 'by row': weight, 'by value': weight[:, None].expand_as(logits)}[
        is_weighted
    ]
    factor = 7.0 if reduction == 'mean' and seed % 2 else None
    ours = FocalLoss(gamma=gamma, alpha=alpha, loss_weight=1.5, reduction=reduction)
    one_hot = torch.nn.functional.one_hot(target, classes + 1)[:, :classes]
    found = value_and_gradient(lambda x: ours(x, target, weight, factor), logits)
    expected = value_and_gradient(
        lambda x: 1.5 * py_sigmoid_focal_loss(x, one_hot, weight, gamma, alpha, reduction, factor),
        logits,
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize('size', [1e2, 1e4, 1e30])
def test_sure_predictions_have_finite_losses_and_gradients(size):
    logits = torch.tensor([[size, -size], [-size, size], [size, size]])
    found = value_and_gradient(lambda x: FocalLoss()(x, torch.tensor([0, 0, 2])), logits)
    assert all(each.isfinite().all() for each in found)


def test_no_anchors_have_no_loss():
    logits, target, weight = draw(0, 3, 0)
    value, gradient = value_and_gradient(
        lambda x: FocalLoss()(x, target, weight, avg_factor=1), logits
    )
    assert value == 0
    assert gradient.shape == (0, 3)


def test_float32_is_as_close_as_mmdets():
    logits, target, _ = draw(5000, 3, 1)
    exact = value_and_gradient(lambda x: FocalLoss()(x, target), logits)
    found = value_and_gradient(lambda x: FocalLoss()(x, target), logits.float())
    for one, other in zip(found, exact, strict=True):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-9)
