"""PillarFeatureNet against mmdetection3d v0.x's features, computed here point by point."""

import itertools

import numpy as np
import pytest
import torch

from mmdet3d.models.voxel_encoders import PillarFeatureNet

VOXEL_SIZE = [0.5, 0.25, 4]
RANGE = [-10, -5, -3, 10, 5, 1]
COUNTS = torch.tensor([3, 1, 2])
CELLS = torch.tensor([[0, 0, 4, 7], [0, 0, 30, 2], [1, 0, 0, 39]])


def make_encoder(**options) -> PillarFeatureNet:
    torch.manual_seed(0)
    encoder = PillarFeatureNet(voxel_size=VOXEL_SIZE, point_cloud_range=RANGE, **options)
    for layer in encoder.pfn_layers:
        for tensor in (layer.norm.running_mean, layer.norm.weight, layer.norm.bias):
            tensor.data.uniform_(-1, 1)
    return encoder.eval()


def pillars(in_channels: int = 4) -> torch.Tensor:
    points = torch.rand(3, 3, in_channels, generator=torch.Generator().manual_seed(1))
    return points * (torch.arange(3) < COUNTS[:, None])[..., None]


def old_columns(pillar: np.ndarray, count: int, cell: np.ndarray, settings: dict) -> np.ndarray:
    """The columns of v0.x for the points of one pillar; rows of padding are zero."""
    centre = np.array(RANGE[:2]) + (cell[[3, 2]] + 0.5) * VOXEL_SIZE[:2]
    rows = np.zeros((len(pillar), 0))
    for i, point in enumerate(pillar):
        own, offset = point.copy(), point[:2] - centre
        if settings.get('legacy', True) and settings.get('with_voxel_center', True):
            own[:2] = offset
        row = [own]
        if settings.get('with_cluster_center', True):
            row.append(point[:3] - pillar[:count, :3].mean(axis=0))
        if settings.get('with_voxel_center', True):
            row.append(offset)
        if settings.get('with_distance'):
            row.append([np.linalg.norm(own[:3])])
        row = np.concatenate(row) * (i < count)
        rows = row[None] if i == 0 else np.vstack([rows, row])
    return rows


def run_layer(layer, rows: np.ndarray, last: bool) -> np.ndarray:
    """Linear, normalisation by the running statistics, ReLU, maximum."""
    norm = layer.norm
    scale = norm.weight.detach().numpy() / np.sqrt(norm.running_var.numpy() + norm.eps)
    x = rows @ layer.linear.weight.detach().numpy().T
    x = np.maximum((x - norm.running_mean.numpy()) * scale + norm.bias.detach().numpy(), 0)
    highest = x.max(axis=0)
    return highest if last else np.concatenate([x, np.tile(highest, (len(x), 1))], axis=1)


def old_features(encoder: PillarFeatureNet, points: torch.Tensor, settings: dict) -> np.ndarray:
    found = []
    for pillar, count, cell in zip(points.numpy(), COUNTS.tolist(), CELLS.numpy()):
        rows = old_columns(pillar, count, cell, settings)
        for layer in encoder.pfn_layers:
            rows = run_layer(layer, rows, layer is encoder.pfn_layers[-1])
        found.append(rows)
    return np.array(found)


def old_weights(settings: dict) -> dict[str, torch.Tensor]:
    return make_encoder(**settings, center_axes=2).state_dict()


CHOICES = [
    dict(zip(('legacy', 'with_distance', 'with_cluster_center', 'in_channels'), choice))
    for choice in itertools.product([True, False], [True, False], [True, False], [3, 4, 5])
]


@pytest.mark.parametrize('settings', CHOICES, ids=lambda each: '-'.join(map(str, each.values())))
@pytest.mark.parametrize('widths', [[6], [8, 6]], ids=['one layer', 'two layers'])
def test_weights_of_before_v1_have_the_features_that_they_were_trained_with(settings, widths):
    settings = {**settings, 'feat_channels': widths}
    weights = old_weights(settings)
    encoder = make_encoder(**settings)
    note = encoder.adapt_state_dict(weights, '', {})
    encoder.load_state_dict(weights)
    columns = weights['pfn_layers.0.linear.weight'].shape[1]
    assert f'has {columns} columns, as before mmdetection3d v1.0' in note
    points = pillars(settings['in_channels'])
    expected = old_features(encoder, points, settings)
    found = encoder(points.clone(), COUNTS, CELLS).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_padding_is_masked_where_no_point_is():
    settings = {'feat_channels': [6]}
    encoder = make_encoder(**settings, center_axes=2)
    points = pillars()
    spoiled = points + 9.0 * (torch.arange(3) >= COUNTS[:, None])[..., None]
    # The mean of a pillar is over what the voxeliser filled with zeros, so only that may not move.
    spoiled[:, :, :3] = points[:, :, :3]
    torch.testing.assert_close(encoder(spoiled, COUNTS, CELLS), encoder(points, COUNTS, CELLS))


def test_the_older_form_can_be_said_in_a_config_and_weights_decide_where_they_differ():
    weights = make_encoder(feat_channels=[6]).state_dict()
    encoder = make_encoder(feat_channels=[6], center_axes=2)
    note = encoder.adapt_state_dict(weights, '', {})
    assert 'has 10 columns, as since mmdetection3d v1.0' in note
    encoder.load_state_dict(weights)
    points = pillars()
    expected = make_encoder(feat_channels=[6])
    expected.load_state_dict(weights)
    torch.testing.assert_close(
        encoder(points, COUNTS, CELLS), expected(points, COUNTS, CELLS), rtol=0, atol=0
    )


@pytest.mark.parametrize(
    'trained, given',
    [
        ({'in_channels': 3}, {'in_channels': 5}),
        ({'in_channels': 6}, {'in_channels': 4}),
        ({'feat_channels': [8]}, {'feat_channels': [6]}),
        ({'with_voxel_center': False}, {'with_voxel_center': False, 'in_channels': 5}),
        ({'with_cluster_center': False}, {}),
    ],
)
def test_weights_that_are_wider_for_another_reason_are_left_alone(trained, given):
    weights = make_encoder(**{'feat_channels': [6], **trained}).state_dict()
    encoder = make_encoder(**{'feat_channels': [6], **given})
    assert encoder.adapt_state_dict(weights, '', {}) is None
    assert encoder.center_axes == 3


@pytest.mark.parametrize(
    'trained, given',
    [
        ({'in_channels': 3}, {'in_channels': 4}),
        ({'in_channels': 4}, {'in_channels': 5}),
        ({'with_distance': False}, {'with_distance': True}),
    ],
)
def test_the_config_that_weights_were_trained_with_tells_likely_from_true(trained, given):
    weights = make_encoder(feat_channels=[6], **trained).state_dict()
    encoder = make_encoder(feat_channels=[6], **given)
    trained_as = {'type': 'PillarFeatureNet', 'feat_channels': [6], **trained}
    assert encoder.adapt_state_dict(weights, '', trained_as) is None
    assert encoder.adapt_state_dict(weights, '', {**trained_as, **given}) is not None


def test_adapting_draws_no_random_numbers_and_keeps_weights_frozen():
    encoder = make_encoder(feat_channels=[6]).requires_grad_(False)
    weights = old_weights({'feat_channels': [6]})
    before = torch.get_rng_state()
    encoder.adapt_state_dict(weights, '', {})
    assert torch.equal(before, torch.get_rng_state())
    assert not any(each.requires_grad for each in encoder.parameters())


def test_other_axes_are_an_error():
    with pytest.raises(ValueError, match='center_axes=1: allowed are 3, and 2'):
        PillarFeatureNet(center_axes=1)
