"""VoxelNet's encoder, which PointPillars uses on nuScenes."""

from collections.abc import Sequence

from torch import nn

from mmdet3d.models.builder import VOXEL_ENCODERS
from mmdet3d.models.voxel_encoders.point_net import NORM_CFG, PFNLayer, PointNetEncoder


@VOXEL_ENCODERS.register_module()
class HardVFE(PointNetEncoder):
    """Encode voxels of points by layers that give each point its voxel's maximum.

    From "VoxelNet" (CVPR 2018), section 2.1.1. A layer is ``feat_channels[i]`` wide; before the
    last, each point takes the maximum over its voxel along, which doubles its width.

    Args:
        in_channels: number of features of a point, x, y and z first.
        feat_channels: widths of the layers.
        with_distance: add the distance to the sensor.
        with_cluster_center: add the offset to the mean of the voxel's points.
        with_voxel_center: add the offset to the voxel's centre.
        voxel_size: size of a voxel in metres.
        point_cloud_range: lower and upper corner of the range in metres.
        norm_cfg: normalisation layer.
        mode: how to pool over the points of a voxel, 'max'.

    Raises:
        ValueError: if there is no layer, or ``mode`` is another.
    """

    def __init__(
        self,
        in_channels: int = 4,
        feat_channels: Sequence[int] = (64, 64),
        with_distance: bool = False,
        with_cluster_center: bool = False,
        with_voxel_center: bool = False,
        voxel_size: Sequence[float] = (0.2, 0.2, 4),
        point_cloud_range: Sequence[float] = (0, -40, -3, 70.4, 40, 1),
        norm_cfg: dict = NORM_CFG,
        mode: str = 'max',
    ) -> None:
        if not feat_channels or mode != 'max':
            raise ValueError(
                f'feat_channels={list(feat_channels)}, mode={mode!r}: expected the widths of one '
                "layer or more, and 'max'"
            )
        super().__init__(
            in_channels,
            feat_channels[-1],
            with_distance,
            with_cluster_center,
            with_voxel_center,
            voxel_size,
            point_cloud_range,
        )
        outputs = [2 * width for width in feat_channels[:-1]] + [feat_channels[-1]]
        inputs = [self.decorated_channels, *outputs]
        last = len(outputs) - 1
        self.vfe_layers = nn.ModuleList(
            PFNLayer(inputs[i], outputs[i], norm_cfg, last_layer=i == last)
            for i in range(len(outputs))
        )

    @property
    def layers(self) -> nn.ModuleList:
        """The layers, the last of which gives one feature per voxel."""
        return self.vfe_layers
