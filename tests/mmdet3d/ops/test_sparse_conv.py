"""Sparse convolutions against dense ones, and weights saved by older releases."""

import math
import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from mmdet3d.ops.sparse_conv import (
    SparseConv3d,
    SparseConvTensor,
    SparseSequential,
    SubMConv3d,
    from_spconv1,
    to_dense,
)

SHAPE = [6, 10, 12]


def sparse(
    count: int, channels: int, batch_size: int = 2, shape: list[int] = SHAPE
) -> SparseConvTensor:
    """A tensor with ``count`` voxels somewhere in a batch of small volumes."""
    generator = torch.Generator().manual_seed(0)
    volume = math.prod([batch_size, *shape])
    flat = torch.randperm(volume, generator=generator)[:count]
    indices = torch.stack(torch.unravel_index(flat, (batch_size, *shape)), dim=1).int()
    features = torch.randn(count, channels, generator=generator).requires_grad_()
    return SparseConvTensor(features, indices, shape, batch_size)


def at_voxels(dense: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    batch, z, y, x = indices.long().unbind(dim=1)
    return dense[batch, :, z, y, x]


def dense_conv(layer: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    weight = layer.weight.permute(0, 4, 1, 2, 3)
    return functional.conv3d(x, weight, layer.bias, tuple(layer.stride), tuple(layer.padding))


LAYERS = {
    'submanifold': lambda: SubMConv3d(4, 8, 3, padding=1, bias=False, indice_key='subm'),
    'submanifold with bias': lambda: SubMConv3d(4, 8, 3, padding=1),
    'strided': lambda: SparseConv3d(4, 8, 3, stride=2, padding=1, bias=False),
    'strided, padded apart': lambda: SparseConv3d(4, 8, 3, stride=2, padding=(0, 1, 1), bias=False),
    'flat': lambda: SparseConv3d(4, 8, (3, 1, 1), stride=(2, 1, 1), bias=False),
    'one cell': lambda: SparseConv3d(4, 8, 1, bias=False),
}


@pytest.mark.parametrize('name', LAYERS)
def test_sparse_convolution_equals_a_dense_one_forward_and_backward(name):
    torch.manual_seed(0)
    layer = LAYERS[name]()
    if name == 'one cell':  # spconv reads its weight as an (in, out) matrix
        weight = layer.weight.detach().clone()
        matrix = weight.view(4, 8)
        layer.weight.data = matrix
        expected_layer = SparseConv3d(4, 8, 1, bias=False)
        expected_layer.weight.data = matrix.t().reshape(8, 1, 1, 1, 4).clone()
        layer.weight.data = weight
    else:
        expected_layer = layer
    x = sparse(300, 4)
    y = layer(x)
    expected = dense_conv(expected_layer, to_dense(x))
    assert list(expected.shape[2:]) == y.spatial_shape
    torch.testing.assert_close(y.features, at_voxels(expected, y.indices), rtol=1e-4, atol=1e-5)
    if name.startswith('strided'):  # outputs wherever the kernel meets an input, zero elsewhere
        torch.testing.assert_close(to_dense(y), expected, rtol=1e-4, atol=1e-5)

    upstream = torch.randn_like(y.features)
    inputs = [x.features, *layer.parameters()]
    gradients = torch.autograd.grad(y.features, inputs, upstream, retain_graph=True)
    dense_inputs = [x.features, *expected_layer.parameters()]
    wanted = torch.autograd.grad(at_voxels(expected, y.indices), dense_inputs, upstream)
    for ours, theirs in zip(gradients, wanted):
        if name == 'one cell' and ours.ndim == 5:
            ours = ours.view(4, 8).t().reshape(theirs.shape)
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_200_runs_on_two_threads_are_right_every_time():
    # On so many voxels spconv's own CPU arithmetic is wrong in about every fourth run.
    assert torch.get_num_threads() == 2
    torch.manual_seed(0)
    layer = SubMConv3d(4, 16, 3, padding=1, bias=False)
    x = sparse(2000, 4, batch_size=1, shape=[6, 40, 60])
    expected = at_voxels(dense_conv(layer, to_dense(x)), x.indices)
    upstream = torch.randn_like(expected)
    inputs = [x.features, layer.weight]
    wanted = torch.autograd.grad(expected, inputs, upstream)
    for _ in range(200):
        y = layer(x)
        gradients = torch.autograd.grad(y.features, inputs, upstream)
        torch.testing.assert_close(y.features, expected, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(gradients, wanted, rtol=1e-4, atol=1e-3)


def count_pairs(name: str, layer: torch.nn.Module, x: SparseConvTensor) -> int:
    """How many inputs and outputs meet, by a dense convolution of ones."""
    occupied = to_dense(x.replace_feature(torch.ones(len(x.indices), 1)))
    ones = torch.ones(1, 1, *layer.kernel_size)
    met = functional.conv3d(occupied, ones, None, tuple(layer.stride), tuple(layer.padding))
    if name.startswith('submanifold'):
        met = met * occupied
    return int(met.sum())


@pytest.mark.parametrize('name', LAYERS)
def test_multiply_adds_are_those_of_the_pairs_that_meet(name):
    layer, x = LAYERS[name](), sparse(300, 4)
    expected = count_pairs(name, layer, x) * 4 * 8
    assert layer.count_multiply_adds(x) == expected
    layer(x)
    assert layer.count_multiply_adds(x) == expected


def test_layers_of_one_key_share_their_index_pairs():
    first, second = LAYERS['submanifold'](), SubMConv3d(8, 4, 3, padding=1, indice_key='subm')
    x = sparse(100, 4)
    y = first(x)
    pairs = y.indice_dict['subm']
    second(y)
    assert y.indice_dict == {'subm': pairs}


def test_one_voxel_is_normalised_by_running_statistics():
    layers = SparseSequential(LAYERS['submanifold'](), torch.nn.BatchNorm1d(8), torch.nn.ReLU())
    x = sparse(1, 4, batch_size=1)
    trained = layers.train()(x).features
    tested = layers.eval()(x).features
    torch.testing.assert_close(trained, tested)
    trained.sum().backward()
    assert all(parameter.grad is not None for parameter in layers.parameters())


@pytest.mark.parametrize(
    'name', ['submanifold', 'strided, padded apart', 'flat', 'one cell'], ids=str
)
def test_weights_of_spconv_1_are_converted_and_those_of_spconv_2_kept(name):
    source, from_1, from_2 = (LAYERS[name]() for _ in range(3))
    weight = source.weight.detach()
    # One cell is an (in, out) matrix for both releases.
    one_cell = name == 'one cell'
    old = weight.view(1, 1, 1, 4, 8) if one_cell else weight.permute(1, 2, 3, 4, 0)
    from_1.load_state_dict({'weight': old})
    from_2.load_state_dict({'weight': weight})
    x = sparse(50, 4)
    expected = source(x).features
    assert torch.equal(from_1(x).features, expected)
    assert torch.equal(from_2(x).features, expected)
    assert torch.equal(from_spconv1(old), weight)


def test_a_weight_in_no_known_layout_is_an_error_that_names_both():
    layer = LAYERS['submanifold']()
    message = r'\(8, 4, 3, 3, 3\), which is neither .* \(8, 3, 3, 3, 4\), nor .* \(3, 3, 3, 4, 8\)'
    with pytest.raises(ValueError, match=message):
        layer.load_state_dict({'weight': layer.weight.permute(0, 4, 1, 2, 3)})


def test_without_spconv_the_error_says_what_to_install(tmp_path):
    (tmp_path / 'spconv.py').write_text('raise ImportError("no spconv here")')
    code = (
        'import mmcv_patched, mmdet3d.models as m;'
        'm.build_middle_encoder(dict(type="SparseEncoder", in_channels=4, sparse_shape=[9, 9, 9]))'
    )
    command = [sys.executable, '-c', f'import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert 'pip install spconv (for CPUs) or the spconv-cu... of your CUDA' in done.stderr


@pytest.mark.gpu
@pytest.mark.parametrize('name', LAYERS)
def test_gpu_equals_cpu(name):
    torch.manual_seed(0)
    layer = LAYERS[name]()
    x = sparse(300, 4)
    expected = to_dense(layer(x))
    there = SparseConvTensor(
        x.features.detach().to('cuda'), x.indices.to('cuda'), SHAPE, x.batch_size
    )
    found = to_dense(layer.to('cuda')(there)).cpu()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
