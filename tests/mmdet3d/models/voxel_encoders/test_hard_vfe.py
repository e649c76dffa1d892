import numpy as np
import pytest
import torch

from mmdet3d.models.voxel_encoders import HardVFE

VOXEL_SIZE = [0.5, 0.25, 4]
RANGE = [-10, -5, -3, 10, 5, 1]


def make_encoder(**options) -> HardVFE:
    torch.manual_seed(0)
    encoder = HardVFE(
        in_channels=4,
        feat_channels=[6, 5],
        with_cluster_center=True,
        with_voxel_center=True,
        voxel_size=VOXEL_SIZE,
        point_cloud_range=RANGE,
        norm_cfg=dict(type='naiveSyncBN1d', eps=1e-3, momentum=0.01),
        **options,
    )
    for layer in encoder.vfe_layers:
        for tensor in (layer.norm.running_mean, layer.norm.weight, layer.norm.bias):
            tensor.data.uniform_(-1, 1)
    return encoder.eval()


def voxels() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    counts = torch.tensor([3, 1, 2])
    points = torch.rand(3, 3, 4, generator=generator)
    points *= (torch.arange(3) < counts[:, None])[..., None]
    return points, counts, torch.tensor([[0, 0, 4, 7], [0, 0, 30, 2], [1, 0, 0, 39]])


def layer_of_one_point(layer, point: np.ndarray) -> np.ndarray:
    norm = layer.norm
    x = layer.linear.weight.detach().numpy() @ point
    scale = norm.weight.detach().numpy() / np.sqrt(norm.running_var.numpy() + norm.eps)
    x = (x - norm.running_mean.numpy()) * scale + norm.bias.detach().numpy()
    return np.maximum(x, 0)


@pytest.mark.parametrize('with_distance', [False, True])
def test_features_are_those_of_voxelnets_layers_point_by_point(with_distance):
    encoder = make_encoder(with_distance=with_distance)
    points, counts, cells = voxels()
    found = encoder(points, counts, cells).detach().numpy()
    assert found.shape == (3, encoder.out_channels) == (3, 5)
    for voxel, count, cell, feature in zip(points.numpy(), counts, cells.numpy(), found):
        mean = voxel[:count, :3].mean(axis=0)
        centre = np.array(RANGE[:3]) + (cell[[3, 2, 1]] + 0.5) * VOXEL_SIZE
        rows = []
        for i, point in enumerate(voxel):
            xyz = point[:3]
            distance = [np.linalg.norm(xyz)] if with_distance else []
            row = np.concatenate([point, xyz - mean, xyz - centre, distance])
            rows.append(row if i < count else np.zeros_like(row))
        first = np.array([layer_of_one_point(encoder.vfe_layers[0], row) for row in rows])
        both = np.concatenate([first, np.tile(first.max(axis=0), (3, 1))], axis=1)
        last = [layer_of_one_point(encoder.vfe_layers[1], row) for row in both]
        np.testing.assert_allclose(feature, np.max(last, axis=0), rtol=1e-4, atol=1e-5)


def test_no_voxels_have_no_features_but_keep_the_graph():
    encoder = make_encoder().train()
    points, counts, cells = (each[:0] for each in voxels())
    found = encoder(points, counts, cells)
    assert found.shape == (0, 5)
    found.sum().backward()
    assert all(p.grad is not None for p in encoder.parameters())


@pytest.mark.parametrize('options', [{'feat_channels': []}, {'mode': 'avg'}])
def test_an_encoder_without_layers_or_with_another_pooling_is_an_error(options):
    with pytest.raises(ValueError, match=r"expected the widths of one layer or more, and 'max'"):
        HardVFE(**options)
