"""What encoders of voxels share: a small PointNet over the points of each voxel."""

from collections.abc import Sequence

import torch
from mmcv.cnn import build_norm_layer
from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.models.layers.sync_norm import waits_for_others

NORM_CFG = {'type': 'BN1d', 'eps': 1e-3, 'momentum': 0.01}


class PFNLayer(nn.Module):
    """Linear, normalisation and ReLU on every point, then the maximum over the voxel.

    Args:
        in_channels: width of the point features.
        out_channels: width of the output.
        norm_cfg: normalisation layer.
        last_layer: return one feature per voxel; else one per point, half of it the voxel's.
        mode: how to pool over the points, 'max' or 'avg'.

    Raises:
        ValueError: for another ``mode``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        norm_cfg: dict = NORM_CFG,
        last_layer: bool = False,
        mode: str = 'max',
    ) -> None:
        super().__init__()
        if mode not in ('max', 'avg'):
            raise ValueError(f"mode={mode!r}: allowed are 'max' and 'avg'")
        self.last_layer = last_layer
        self.mode = mode
        self.units = out_channels if last_layer else out_channels // 2
        self.norm = build_norm_layer(norm_cfg, self.units)[1]
        self.linear = nn.Linear(in_channels, self.units, bias=False)

    def forward(self, points: Tensor, num_points: Tensor) -> Tensor:
        """Return features of shape (M, 1, out_channels), or (M, P, out_channels) before the last.

        Args:
            points: point features of shape (M, P, in_channels), zero where there is no point.
            num_points: number of points in each of the M voxels.
        """
        # Padding takes part in the statistics: released weights were trained that way.
        # Channels first and contiguous: see GraphAdapter in mmdet3d/models/kd.
        x = self.norm(self.linear(points).transpose(1, 2).contiguous())
        if self.mode == 'max':
            # The maximum of the rectified is the rectified maximum, with less to rectify.
            pooled = x.max(dim=2, keepdim=True).values.relu()
        else:
            pooled = x.relu().sum(dim=2, keepdim=True) / num_points.to(x).view(-1, 1, 1)
        if not self.last_layer:
            pooled = torch.cat([x.relu(), pooled.expand_as(x)], dim=1)
        return pooled.transpose(1, 2)


class PointNetEncoder(nn.Module):
    """Give the points of each voxel further features, and pass them through layers.

    Subclasses hold the layers, each called as :class:`PFNLayer`, and return them by ``layers``.

    Args:
        in_channels: number of features of a point, x, y and z first.
        out_channels: width of a voxel's feature.
        with_distance: add the distance to the sensor.
        with_cluster_center: add the offset to the mean of the voxel's points.
        with_voxel_center: add the offset to the voxel's centre.
        voxel_size: size of a voxel in metres.
        point_cloud_range: lower and upper corner of the range in metres.
        center_for_position: let the offset to the centre also take the place of x, y and z.
        center_axes: axes of the offset to the centre: 3, or 2 for x and y alone.

    Raises:
        ValueError: for other ``center_axes``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        with_distance: bool,
        with_cluster_center: bool,
        with_voxel_center: bool,
        voxel_size: Sequence[float],
        point_cloud_range: Sequence[float],
        center_for_position: bool = False,
        center_axes: int = 3,
    ) -> None:
        super().__init__()
        if center_axes not in (2, 3):
            raise ValueError(f'center_axes={center_axes}: allowed are 3, and 2 for x and y alone')
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.with_distance = with_distance
        self.with_cluster_center = with_cluster_center
        self.with_voxel_center = with_voxel_center
        self.center_for_position = center_for_position
        self.center_axes = center_axes
        self.voxel_size = list(voxel_size)
        self.first_center = [
            size / 2 + low for size, low in zip(self.voxel_size, point_cloud_range[:3])
        ]

    @property
    def decorated_channels(self) -> int:
        """Number of features that a point has where the layers begin."""
        offsets = 3 * self.with_cluster_center + self.center_axes * self.with_voxel_center
        return self.in_channels + offsets + self.with_distance

    @property
    def layers(self) -> nn.ModuleList:
        """The layers, the last of which gives one feature per voxel."""
        raise NotImplementedError(f'{type(self).__name__} does not define layers')

    @in_float32  # coordinates of tens of metres, to centimetres
    def forward(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Return one feature per voxel, of shape (M, out_channels).

        Args:
            features: points of shape (M, P, in_channels), zero where there is no point.
            num_points: number of points in each voxel, of shape (M,).
            coors: cells of shape (M, 4), as (sample, z, y, x).
        """
        if len(features) == 0 and not waits_for_others(self):
            # Normalisation has no statistics of nothing; stay attached to the graph all the same.
            nothing = features.new_zeros(0, self.out_channels)
            return nothing + 0 * sum(parameter.sum() for parameter in self.parameters())
        x = self._decorate(features, num_points, coors)
        is_point = torch.arange(x.shape[1], device=x.device) < num_points[:, None]
        x = x * is_point[..., None].to(x)
        for layer in self.layers:
            x = layer(x, num_points)
        return x.squeeze(1)

    def _decorate(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        xyz = features[:, :, :3]
        parts = [features]
        if self.with_cluster_center:
            mean = xyz.sum(dim=1, keepdim=True) / num_points.to(features).view(-1, 1, 1)
            parts.append(xyz - mean)
        if self.with_voxel_center:
            cells = coors[:, [3, 2, 1]].to(features)
            centers = cells * cells.new_tensor(self.voxel_size) + cells.new_tensor(
                self.first_center
            )
            offset = (xyz - centers[:, None])[:, :, : self.center_axes]
            parts.append(offset)
            if self.center_for_position:
                parts[0] = torch.cat([offset, features[:, :, self.center_axes :]], dim=-1)
        if self.with_distance:
            parts.append(parts[0][:, :, :3].norm(dim=2, keepdim=True))
        return torch.cat(parts, dim=-1)
