"""Encoders of points with every slot of every voxel computed, that of padding too."""

import torch
from torch import Tensor

from mmdet3d.models.voxel_encoders.point_net import PFNLayer, PointNetEncoder


def dense_features(
    encoder: PointNetEncoder, features: Tensor, num_points: Tensor, coors: Tensor
) -> Tensor:
    """Return what ``encoder`` is to return, by its own parameters and normalisations."""
    x = _decorate(encoder, features, num_points, coors)
    is_point = torch.arange(x.shape[1], device=x.device) < num_points[:, None]
    x = x.where(is_point[..., None], torch.zeros_like(x))
    for layer in encoder.layers:
        x = _run_layer(layer, x, num_points)
    return x[:, 0]


def _decorate(
    encoder: PointNetEncoder, features: Tensor, num_points: Tensor, coors: Tensor
) -> Tensor:
    xyz, parts = features[..., :3], [features]
    if encoder.with_cluster_center:
        parts.append(xyz - (xyz.sum(dim=1) / num_points[:, None])[:, None])
    if encoder.with_voxel_center:
        size = features.new_tensor(encoder.voxel_size)
        centres = coors[:, [3, 2, 1]] * size + features.new_tensor(encoder.first_center)
        offset = (xyz - centres[:, None])[..., : encoder.center_axes]
        parts.append(offset)
        if encoder.center_for_position:
            parts[0] = torch.cat([offset, features[..., encoder.center_axes :]], dim=2)
    if encoder.with_distance:
        parts.append(parts[0][..., :3].norm(dim=2, keepdim=True))
    return torch.cat(parts, dim=2)


def _run_layer(layer: PFNLayer, x: Tensor, num_points: Tensor) -> Tensor:
    # Channels first and contiguous: torch's batch norm is exact on the CPU there alone.
    x = layer.norm(layer.linear(x).transpose(1, 2).contiguous()).transpose(1, 2).relu()
    if layer.mode == 'max':
        pooled = x.amax(dim=1, keepdim=True)
    else:
        pooled = x.sum(dim=1, keepdim=True) / num_points[:, None, None]
    return pooled if layer.last_layer else torch.cat([x, pooled.expand_as(x)], dim=2)
