"""Encoders of pillars with every slot computed, of which ONNX has the operators."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from mmdet3d.models.layers.sync_norm import is_plain_batch_norm
from mmdet3d.models.voxel_encoders.point_net import PFNLayer, PointNetEncoder


class PaddedEncoder(nn.Module):
    """An encoder in eval mode, whose padding takes part slot by slot.

    In training an encoder computes one row for all padding of a pillar. Here every slot has its
    own, which gives the same features.

    Args:
        encoder: the encoder, whose parameters are used.

    Raises:
        ValueError: if one of its layers is normalised otherwise than by its batch.
    """

    def __init__(self, encoder: PointNetEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        layers: Any = encoder.layers
        self.layers: Any = layers
        self.linears = nn.ModuleList([_fused(layer) for layer in layers])

    def forward(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Return one feature per pillar, of shape (M, out_channels).

        Args:
            features: points of shape (M, P, in_channels), zero where there is no point.
            num_points: number of points in each pillar, int32 of shape (M,).
            coors: cells of shape (M, 4), as (sample, z, y, x), int32.
        """
        x = self._decorate(features, num_points, coors)
        for layer, linear in zip(self.layers, self.linears):
            x = _pool(layer, linear(x).relu(), num_points)
        return x

    def _decorate(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Features of the points as the layers take them, zero for padding."""
        encoder, xyz, parts = self.encoder, features[:, :, :3], [features]
        if encoder.with_cluster_center:
            mean = xyz.sum(dim=1, keepdim=True) / num_points.to(features)[:, None, None]
            parts.append(xyz - mean)
        if encoder.with_voxel_center:
            size, first = (
                features.new_tensor(each) for each in (encoder.voxel_size, encoder.first_center)
            )
            cells = torch.stack([coors[:, 3], coors[:, 2], coors[:, 1]], dim=1).to(features)
            offset = (xyz - (cells * size + first)[:, None])[:, :, : encoder.center_axes]
            parts.append(offset)
            if encoder.center_for_position:
                parts[0] = torch.cat([offset, features[:, :, encoder.center_axes :]], dim=2)
        if encoder.with_distance:
            parts.append(parts[0][:, :, :3].norm(dim=2, keepdim=True))
        slots = torch.arange(features.shape[1], device=features.device)
        is_point = slots < num_points[:, None]
        return torch.cat(parts, dim=2) * is_point[:, :, None].to(features)


def _fused(layer: PFNLayer) -> nn.Linear:
    """The layer's matrix product and its normalisation as one."""
    if not is_plain_batch_norm(layer.norm):
        raise ValueError(
            f'the encoder is normalised by {type(layer.norm).__name__}: only batch normalisation '
            'can be exported'
        )
    return fuse_linear_bn_eval(layer.linear, layer.norm)


def _pool(layer: PFNLayer, x: Tensor, num_points: Tensor) -> Tensor:
    """Return features of shape (M, out_channels) after the last layer, (M, P, ...) of others."""
    pooled = x.amax(dim=1) if layer.mode == 'max' else x.sum(dim=1) / num_points.to(x)[:, None]
    if layer.last_layer:
        return pooled
    return torch.cat([x, pooled[:, None].expand(-1, x.shape[1], -1)], dim=2)
