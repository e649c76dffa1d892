"""Encoders compute no padding, and give what they would if they did."""

import copy
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.dense_point_net import dense_features
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mmdet3d.models.layers import sync_norm
from mmdet3d.models.voxel_encoders import HardVFE, PillarFeatureNet
from mmdet3d.models.voxel_encoders.point_net import PointNetEncoder
from mmdet3d.models.voxel_encoders.voxel_rows import VoxelRows

GRID = dict(voxel_size=[0.5, 0.25, 4], point_cloud_range=[-10, -5, -3, 10, 5, 1])
PLAIN = dict(type='BN1d', eps=1e-3, momentum=0.01)
NORMS = [
    PLAIN,
    dict(PLAIN, type='naiveSyncBN1d'),
    dict(PLAIN, momentum=None),
    dict(PLAIN, affine=False),
    dict(PLAIN, track_running_stats=False),
    dict(type='GN', num_groups=2),
]
PILLARS: list[dict[str, Any]] = [
    {},
    dict(mode='avg'),
    dict(legacy=False, with_distance=True),
    dict(center_axes=2),
    dict(center_axes=2, legacy=False, with_cluster_center=False),
]
Voxels = tuple[Tensor, Tensor, Tensor]


def make_encoder(seed: int = 0, kind: type = PillarFeatureNet, **options: Any) -> PointNetEncoder:
    torch.manual_seed(seed)
    encoder = kind(**{'feat_channels': [6], 'norm_cfg': PLAIN, **GRID, **options})
    for name, tensor in encoder.state_dict().items():
        if tensor.is_floating_point() and 'linear' not in name:
            # Factors below 0 turn the largest into the smallest.
            tensor.uniform_(0.5, 2) if 'var' in name else tensor.uniform_(-1, 1)
    return encoder


def make_voxels(num_points: list[int], slots: int, seed: int = 0) -> Voxels:
    generator = torch.Generator().manual_seed(seed)
    counts = torch.tensor(num_points, dtype=torch.int32)
    points = torch.randn(len(counts), slots, 4, generator=generator) * 3
    points = points * (torch.arange(slots) < counts[:, None])[..., None]
    cells = torch.randint(20, (len(counts), 4), generator=generator, dtype=torch.int32)
    return points, counts, cells


def in_float64(encoder: PointNetEncoder, voxels: Voxels) -> tuple[PointNetEncoder, Voxels]:
    return copy.deepcopy(encoder).double(), (voxels[0].double(), *voxels[1:])


def train_step(forward: Any, encoder: PointNetEncoder, voxels: Voxels) -> dict[str, Tensor]:
    """Features, gradients of a loss that every feature has another weight in, and statistics."""
    found = forward(*voxels)
    weights = torch.linspace(-1, 2, found.numel()).view_as(found).to(found)
    gradients: Any = torch.autograd.grad((found * weights).sum(), list(encoder.parameters()))
    names = [name for name, _ in encoder.named_parameters()]
    buffers = {name: buffer.clone() for name, buffer in encoder.named_buffers()}
    return {'features': found.detach(), **dict(zip(names, gradients)), **buffers}


def assert_same_steps(encoder: PointNetEncoder, voxels: Voxels) -> None:
    """Two steps, for what the first one leaves behind."""
    encoder, voxels = in_float64(encoder, voxels)
    dense = copy.deepcopy(encoder)
    for _ in range(2):
        expected = train_step(lambda *each: dense_features(dense, *each), dense, voxels)
        found = train_step(encoder, encoder, voxels)
        for name, tensor in expected.items():
            torch.testing.assert_close(found[name], tensor, rtol=1e-8, atol=1e-10)


@st.composite
def filled_voxels(draw: st.DrawFn, least: int = 0) -> Voxels:
    slots = draw(st.integers(1, 5))
    num_points = draw(st.lists(st.integers(min(least, slots), slots), min_size=1, max_size=6))
    assume(len(num_points) * slots > 1)
    return make_voxels(num_points, slots, draw(st.integers(0, 99)))


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(PILLARS), st.sampled_from(NORMS), st.booleans(), st.booleans())
def test_pillars_are_those_of_all_slots(data, options, norm_cfg, training, two_layers):
    # A mean over no points is none.
    voxels = data.draw(filled_voxels(least=1 if options.get('mode') == 'avg' else 0))
    widths = [8, 6] if two_layers else [6]
    encoder = make_encoder(feat_channels=widths, norm_cfg=norm_cfg, **options)
    assert_same_steps(encoder.train(training), voxels)


@pytest.mark.parametrize('weight', [1.0, -1.0])
def test_points_that_are_the_same_share_the_gradient_of_their_voxel(weight):
    rows = torch.tensor([[2.0, 2], [2, 1], [1, 0], [0, 3]], requires_grad=True)
    voxels = VoxelRows.of(torch.tensor([3, 0]), 3)
    (gradient,) = torch.autograd.grad(weight * voxels.max(rows).sum(), rows)
    assert gradient.tolist() == [[weight / 2, weight], [weight / 2, 0], [0, 0], [weight, weight]]


def test_two_layers_on_rectified_rows_that_tie_are_those_of_all_slots():
    options = dict(center_axes=2, legacy=False, with_cluster_center=False)
    norm_cfg = dict(PLAIN, track_running_stats=False)
    encoder = make_encoder(feat_channels=[8, 6], norm_cfg=norm_cfg, **options)
    assert_same_steps(encoder.eval(), make_voxels([0, 5, 0, 0, 5], 5))


@settings(max_examples=25, deadline=None)
@given(filled_voxels(), st.sampled_from(NORMS), st.booleans())
def test_voxels_of_two_layers_are_those_of_all_slots(voxels, norm_cfg, training):
    encoder = make_encoder(
        kind=HardVFE, feat_channels=[4, 6], norm_cfg=norm_cfg, with_cluster_center=True
    )
    assert_same_steps(encoder.train(training), voxels)


@pytest.mark.parametrize('num_points', [[4] * 9, [1] * 9, [0, 0, 3]], ids=['full', 'one', 'none'])
def test_full_and_empty_voxels_are_those_of_all_slots(num_points):
    assert_same_steps(make_encoder().train(), make_voxels(num_points, 4))


def many_voxels(count: int = 2000, slots: int = 32) -> Voxels:
    generator = torch.Generator().manual_seed(3)
    shares = torch.rand(count, generator=generator) ** 3
    return make_voxels((1 + shares * slots).int().clamp(max=slots).tolist(), slots)


@pytest.mark.usefixtures('one_thread')
@pytest.mark.parametrize('training', [True, False])
def test_float32_is_as_exact_as_with_all_slots(training):
    encoder, voxels = make_encoder(feat_channels=[32]).train(training), many_voxels()
    wide_encoder, wide = in_float64(encoder, voxels)
    expected = train_step(lambda *each: dense_features(wide_encoder, *each), wide_encoder, wide)
    with torch.no_grad():
        expected['features'] = dense_features(copy.deepcopy(encoder), *voxels)
    found = train_step(encoder, encoder, voxels)
    for name, tensor in expected.items():
        error = (found[name] - tensor).abs().max()
        assert error <= tensor.abs().max() * (2e-6 if 'linear' in name else 3e-7), name


@torch.no_grad()
def test_padding_takes_one_row_of_a_voxel():
    encoder, voxels = make_encoder().eval(), make_voxels([1, 32, 3, 31], 32)
    with FlopCounterMode(display=False) as counter:
        encoder(*voxels)
    assert counter.get_total_flops() / 2 == (2 + 32 + 4 + 32) * encoder.decorated_channels * 6


def test_weights_have_the_names_of_mmdetection3d():
    norm = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']
    names = {'pfn_layers.0.linear.weight', *(f'pfn_layers.0.norm.{each}' for each in norm)}
    assert set(make_encoder().state_dict()) == names


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_low_precision_around_an_encoder_changes_nothing(dtype):
    encoder, voxels = make_encoder().eval(), make_voxels([1, 3, 2], 3)
    with torch.autocast('cpu', dtype=dtype):
        found = encoder(*voxels)
    assert torch.equal(found, encoder(*voxels))


def test_processes_on_cpus_normalise_their_own_voxels_and_say_so(monkeypatch):
    encoder = make_encoder(norm_cfg=dict(PLAIN, type='naiveSyncBN1d')).train()
    voxels = make_voxels([1, 3, 2], 3)
    expected = train_step(alone := copy.deepcopy(encoder), alone, voxels)
    monkeypatch.setattr(sync_norm, '_several_processes', lambda: True)
    with pytest.warns(UserWarning, match='cannot synchronise on a CPU'):
        found = train_step(encoder, encoder, voxels)
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor)


def test_statistics_of_a_single_value_are_refused():
    with pytest.raises(ValueError, match='expected two values per channel or more in training'):
        make_encoder().train()(*make_voxels([1], 1))


@pytest.mark.gpu
@pytest.mark.parametrize('options', [{}, dict(feat_channels=[8, 6]), dict(mode='avg')])
def test_a_gpu_finds_what_a_cpu_finds(options):
    encoder, voxels = make_encoder(**options).train(), many_voxels()
    expected = train_step(alone := copy.deepcopy(encoder), alone, voxels)
    found = train_step(encoder.to('cuda'), encoder, tuple(each.to('cuda') for each in voxels))
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name].cpu(), tensor, rtol=1e-4, atol=1e-3)
