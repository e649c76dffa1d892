"""Transposed convolutions give what torch's do, forward and backward."""

import pytest
import torch
from mmcv.cnn import build_upsample_layer
from torch import nn

from mmdet3d.models.layers import ConvTranspose2d, tile_deconv

LAST = torch.channels_last


def results(kind, x, **options):
    """Return the output and both gradients of a layer of fixed weights."""
    torch.manual_seed(0)
    layer, leaf = kind(6, 5, **options), x.clone(memory_format=torch.preserve_format)
    out = layer(leaf.requires_grad_())
    return [out, *torch.autograd.grad(out.square().sum(), [leaf, layer.weight])]


@pytest.mark.parametrize(
    'options',
    [
        {'kernel_size': 2, 'stride': 2},
        {'kernel_size': (4, 3), 'stride': (4, 3)},
        {'kernel_size': 1, 'stride': 1},
        {'kernel_size': 3, 'stride': 2},
        {'kernel_size': 2, 'stride': 2, 'padding': 1},
        {'kernel_size': 2, 'stride': 2, 'dilation': 2},
        {'kernel_size': 2, 'stride': 2, 'bias': True},
    ],
)
@pytest.mark.parametrize('memory_format', [torch.contiguous_format, LAST])
def test_output_and_gradients_are_torchs(options, memory_format):
    options = {'bias': False, **options}
    x = torch.randn(2, 6, 4, 3).contiguous(memory_format=memory_format)
    found, expected = (
        results(kind, x, **options) for kind in (ConvTranspose2d, nn.ConvTranspose2d)
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_tiles_are_computed_by_matrix_products_and_only_in_training(monkeypatch):
    seen = []
    apply = tile_deconv._Tiles.apply
    monkeypatch.setattr(tile_deconv._Tiles, 'apply', lambda *of: seen.append(1) or apply(*of))
    layer = build_upsample_layer(
        {'type': 'deconv'}, in_channels=6, out_channels=5, kernel_size=2, stride=2, bias=False
    )
    x = torch.randn(2, 6, 4, 3).contiguous(memory_format=LAST)
    layer.eval()(x)
    assert not seen
    layer.train()(x)
    assert seen == [1]


def test_a_size_that_is_asked_for_is_given():
    layer = ConvTranspose2d(6, 5, 3, stride=2, bias=False)
    x = torch.randn(2, 6, 4, 3).contiguous(memory_format=LAST)
    assert layer(x, output_size=[10, 8]).shape == (2, 5, 10, 8)


def test_mixed_precision_goes_torchs_way():
    layer = ConvTranspose2d(6, 5, 2, stride=2, bias=False)
    x = torch.randn(2, 6, 4, 3).contiguous(memory_format=LAST)
    with torch.autocast('cpu', torch.bfloat16):
        assert layer(x).dtype == torch.bfloat16
