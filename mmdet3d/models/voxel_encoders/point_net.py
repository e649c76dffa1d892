"""What encoders of voxels share: a small PointNet over the points of each voxel."""

from collections.abc import Sequence

import torch
from mmcv.cnn import build_norm_layer
from torch import Tensor, nn
from torch.nn import functional

from mmcv_patched.precision import in_float32
from mmdet3d.models.layers.linear_norm import scale_and_shift
from mmdet3d.models.layers.sync_norm import is_plain_batch_norm, waits_for_others
from mmdet3d.models.voxel_encoders.voxel_rows import VoxelRows

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

    def forward(self, points: Tensor, voxels: VoxelRows) -> Tensor:
        """Return features of shape (M, out_channels), or (R, out_channels) before the last.

        Args:
            points: features of the rows of M voxels, of shape (R, in_channels).
            voxels: which rows these are.
        """
        x, scale, shift = self._unscaled(points, voxels)
        if self.last_layer and self.mode == 'max':
            # The maximum of the rectified is the rectified maximum, with less to rectify.
            return torch.addcmul(shift, voxels.max(x), scale).relu()
        x = torch.addcmul(shift, x, scale).relu()
        pooled = voxels.max(x) if self.mode == 'max' else voxels.mean(x)
        return pooled if self.last_layer else torch.cat([x, voxels.spread(pooled)], dim=1)

    def count_multiply_adds(self, points: Tensor, voxels: VoxelRows) -> int:
        """Return how many it takes with every slot of the voxels, as the paper counts them.

        Args:
            points: features of the rows, of shape (R, in_channels).
            voxels: which rows these are.
        """
        return len(voxels.counts) * voxels.num_slots * points.shape[1] * self.units

    def _unscaled(self, points: Tensor, voxels: VoxelRows) -> tuple[Tensor, Tensor, Tensor]:
        """Return x, of shape (R, units), scale >= 0 and shift: scale * x + shift is normalised."""
        if isinstance(self.norm, nn.Identity):  # merged into the linear layer
            x = functional.linear(points, self.linear.weight)
            return x, x.new_ones(self.units), self.linear.bias
        if not is_plain_batch_norm(self.norm):
            # Channels first and contiguous: see GraphAdapter in mmdet3d/models/kd.
            slots = voxels.fill(self.linear(points)).transpose(1, 2).contiguous()
            x = voxels.gather(self.norm(slots).transpose(1, 2))
            return x, x.new_ones(self.units), x.new_zeros(self.units)
        # Padding takes part in the statistics: released weights were trained that way.
        count = len(voxels.counts) * voxels.num_slots
        scale, shift = scale_and_shift(self.norm, self.linear, points, voxels.copies, count)
        sign = torch.where(scale < 0, -1, 1).to(scale)
        return functional.linear(points, self.linear.weight * sign[:, None]), scale * sign, shift


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
        voxels = VoxelRows.of(num_points, features.shape[1])
        x = self._decorate(features, coors, voxels)
        for layer in self.layers:
            x = layer(x, voxels)
        return x

    def _decorate(self, features: Tensor, coors: Tensor, voxels: VoxelRows) -> Tensor:
        """Features of the points as the layers take them, zero for padding, by rows."""
        points = voxels.gather(features)
        xyz = points[:, :3]
        parts = [points]
        if self.with_cluster_center:
            mean = features[:, :, :3].sum(dim=1) / voxels.num_points.to(features)[:, None]
            parts.append(xyz - voxels.spread(mean))
        if self.with_voxel_center:
            cells = coors[:, [3, 2, 1]].to(features)
            centers = cells * cells.new_tensor(self.voxel_size) + cells.new_tensor(
                self.first_center
            )
            offset = (xyz - voxels.spread(centers))[:, : self.center_axes]
            parts.append(offset)
            if self.center_for_position:
                parts[0] = torch.cat([offset, points[:, self.center_axes :]], dim=1)
        if self.with_distance:
            parts.append(parts[0][:, :3].norm(dim=1, keepdim=True))
        return torch.cat(parts, dim=1).masked_fill(voxels.is_padding[:, None], 0)
