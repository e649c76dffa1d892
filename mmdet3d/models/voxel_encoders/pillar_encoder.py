"""PointPillars' encoder."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from mmdet3d.models.builder import VOXEL_ENCODERS
from mmdet3d.models.voxel_encoders.point_net import NORM_CFG, PFNLayer, PointNetEncoder

# What decides the width of the first layer, by name in a config, and what is meant where it is not
# there.
_WIDTH_SETTINGS = {
    'in_channels': 4,
    'with_distance': False,
    'with_cluster_center': True,
    'with_voxel_center': True,
}

_VERSIONS = {
    2: (
        'before mmdetection3d v1.0, where the offset to the centre of a pillar had x and y '
        'alone (features are right, decoded boxes follow the older convention)'
    ),
    3: 'since mmdetection3d v1.0, where the offset to the centre of a pillar has x, y and z',
}


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
        center_axes: axes of the offset to the centre: 3, or 2 (x and y) for weights that were
            trained before mmdetection3d v1.0. Where weights are loaded, their shape decides.

    Raises:
        ValueError: for other ``center_axes``.
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
        center_axes: int = 3,
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
            center_axes=center_axes,
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

    def adapt_state_dict(
        self, weights: Mapping[str, Tensor], prefix: str, trained_as: Mapping[str, Any]
    ) -> str | None:
        """Take the other form of the offset to the centre where weights were trained with it.

        Args:
            weights: weights of the whole network, by name.
            prefix: what the names of this encoder's weights begin with.
            trained_as: its section of the config that the weights were trained with; empty where
                that is not known.

        Returns:
            what was changed, in one line; None if nothing was.
        """
        key = f'{prefix}pfn_layers.0.linear.weight'
        first: Any = self.pfn_layers[0]
        linear, axes = first.linear, {2: 3, 3: 2}[self.center_axes]
        columns = linear.in_features - self.center_axes + axes
        given = weights.get(key)
        if given is None or given.shape != (linear.out_features, columns):
            return None
        if not self.with_voxel_center or self._differs(trained_as):
            return None
        self.center_axes = axes
        linear.in_features = columns
        # It is loaded next: no random numbers, and the same parameter for whom has it already.
        linear.weight.data = linear.weight.new_zeros(given.shape)
        return (
            f'{key} has {columns} columns, as {_VERSIONS[axes]}: the encoder is built '
            f'with center_axes={axes}'
        )

    def _differs(self, trained_as: Mapping[str, Any]) -> bool:
        """Whether the width of the first layer has another reason than the centre's axes."""
        return bool(trained_as) and any(
            trained_as.get(name, default) != getattr(self, name)
            for name, default in _WIDTH_SETTINGS.items()
        )
