"""PointPillars' encoder."""

from collections.abc import Sequence

from torch import nn

from mmdet3d.models.builder import VOXEL_ENCODERS
from mmdet3d.models.voxel_encoders.point_net import NORM_CFG, PFNLayer, PointNetEncoder


@VOXEL_ENCODERS.register_module()
class PillarFeatureNet(PointNetEncoder):
    """Encode pillars of points.

    Every point is given its offsets to the mean of the pillar's points and to the pillar's centre.
    From "PointPillars" (CVPR 2019), section 2.1.

    Args:
        in_channels: number of features of a point, x, y and z first.
        feat_channels: widths of the layers.
        with_distance: add the distance to the sensor.
        with_cluster_center: add the offset to the mean.
        with_voxel_center: add the offset to the centre.
        voxel_size: size of a pillar in metres.
        point_cloud_range: lower and upper corner of the range in metres.
        norm_cfg: normalisation layer.
        mode: how to pool over the points of a pillar.
        legacy: as the released weights were trained: the offset to the centre also takes the place
            of x, y and z themselves.
    """

    def __init__(
        self,
        in_channels: int = 4,
        feat_channels: Sequence[int] = (64,),
        with_distance: bool = False,
        with_cluster_center: bool = True,
        with_voxel_center: bool = True,
        voxel_size: Sequence[float] = (0.2, 0.2, 4),
        point_cloud_range: Sequence[float] = (0, -40, -3, 70.4, 40, 1),
        norm_cfg: dict = NORM_CFG,
        mode: str = 'max',
        legacy: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            feat_channels[-1],
            with_distance,
            with_cluster_center,
            with_voxel_center,
            voxel_size,
            point_cloud_range,
            center_for_position=legacy,
        )
        widths = [self.decorated_channels, *feat_channels]
        last = len(feat_channels) - 1
        self.pfn_layers = nn.ModuleList(
            PFNLayer(widths[i], widths[i + 1], norm_cfg, last_layer=i == last, mode=mode)
            for i in range(len(feat_channels))
        )

    @property
    def layers(self) -> nn.ModuleList:
        """The layers, the last of which gives one feature per pillar."""
        return self.pfn_layers
