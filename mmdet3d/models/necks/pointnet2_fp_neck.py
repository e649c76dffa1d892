"""The decoder of PointNet++ as a neck."""

from collections.abc import Mapping, Sequence

from mmcv.runner import BaseModule
from mmdet.models.builder import NECKS
from torch import Tensor, nn

from mmdet3d.models.layers import PointFPModule


@NECKS.register_module()
class PointNetFPNeck(BaseModule):
    """Carry the features of the last stage back to all points, stage by stage.

    From PointNet++ (Qi et al., NIPS 2017), section 3.4.

    Args:
        fp_channels: widths of the pointwise network of each step; the first is that of the coarser
            and the finer stage's features together.
        init_cfg: initialisation.

    Attributes:
        out_channels: width of the features.
    """

    def __init__(self, fp_channels: Sequence[Sequence[int]], init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.FP_modules = nn.ModuleList(PointFPModule(widths) for widths in fp_channels)
        self.out_channels = fp_channels[-1][-1]

    def forward(self, feat_dict: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
        """Return features of the input's points.

        Args:
            feat_dict: ``sa_xyz``, positions (B, M_i, 3), and ``sa_features`` (B, C_i, M_i) of the
                input and each stage.

        Returns:
            ``fp_xyz``, the positions (B, N, 3), and ``fp_features`` (B, out_channels, N).

        Raises:
            ValueError: if the number of stages is not that of ``fp_channels``.
        """
        positions, features = feat_dict['sa_xyz'], feat_dict['sa_features']
        if len(positions) != len(self.FP_modules) + 1:
            raise ValueError(
                f'got the input and {len(positions) - 1} stages, but fp_channels describes '
                f'{len(self.FP_modules)} steps'
            )
        x, source = features[-1], positions[-1]
        stages = zip(self.FP_modules, reversed(positions[:-1]), reversed(features[:-1]))
        for module, target, own in stages:
            x, source = module(target, source, own, x), target
        return {'fp_xyz': source, 'fp_features': x}
