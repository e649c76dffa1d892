"""Convolutions computed as one give what they give alone."""

import pytest
import torch
from torch import nn

from mmdet3d.models.layers import convolve_all


@pytest.fixture
def layers():
    torch.manual_seed(0)
    return [nn.Conv2d(6, width, 1) for width in (3, 7, 2)]


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_merged_convolutions_agree_in_value_and_gradient(layers, memory_format):
    x = torch.randn(2, 6, 5, 4).contiguous(memory_format=memory_format).requires_grad_()
    leaves = [x, *(each for layer in layers for each in layer.parameters())]
    found, expected = convolve_all(layers, x), [layer(x) for layer in layers]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
    gradients = [
        torch.autograd.grad(sum(each.square().sum() for each in outputs), leaves)
        for outputs in (found, expected)
    ]
    for one, other in zip(*gradients):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_layer_with_a_hook_is_called(layers):
    seen = []
    layers[1].register_forward_hook(lambda *call: seen.append(call))
    convolve_all(layers, torch.randn(1, 6, 2, 2))
    assert len(seen) == 1


def test_other_layers_are_called_as_they_are(layers):
    layers[0] = nn.Sequential(layers[0], nn.ReLU())
    x = torch.randn(1, 6, 2, 2)
    for one, layer in zip(convolve_all(layers, x), layers, strict=True):
        assert torch.equal(one, layer(x))
