"""The neck that brings a backbone's maps to one size and stacks them."""

from collections.abc import Sequence

import torch
from mmcv.cnn import build_conv_layer, build_norm_layer, build_upsample_layer
from mmcv.runner import BaseModule
from mmdet.models.builder import NECKS
from torch import Tensor, nn

from mmdet3d.models.backbones.second import NORM_CFG


@NECKS.register_module()
class SECONDFPN(BaseModule):
    """Up-sample each map by a transposed convolution, then concatenate.

    From "PointPillars: Fast Encoders for Object Detection from Point Clouds" (CVPR 2019),
    section 2.2.

    Args:
        in_channels: width of each input map.
        out_channels: width of each map after up-sampling.
        upsample_strides: factor for each map; below 1 it shrinks the map by a convolution.
        norm_cfg: normalisation layer.
        upsample_cfg: up-sampling layer.
        conv_cfg: convolution layer, where one is used.
        use_conv_for_no_stride: for a factor of 1, convolve instead of up-sampling.
        init_cfg: initialisation, by default Kaiming's with constants for the normalisation.

    Raises:
        ValueError: if the three sequences differ in length.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (128, 128, 256),
        out_channels: Sequence[int] = (256, 256, 256),
        upsample_strides: Sequence[float] = (1, 2, 4),
        norm_cfg: dict = NORM_CFG,
        upsample_cfg: dict | None = None,
        conv_cfg: dict | None = None,
        use_conv_for_no_stride: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            init_cfg
            or [
                {'type': 'Kaiming', 'layer': 'ConvTranspose2d'},
                {'type': 'Constant', 'layer': 'NaiveSyncBatchNorm2d', 'val': 1.0},
            ]
        )
        if not len(in_channels) == len(out_channels) == len(upsample_strides):
            raise ValueError(
                f'in_channels={list(in_channels)}, out_channels={list(out_channels)} and '
                f'upsample_strides={list(upsample_strides)} have to name the same number of maps'
            )
        self.in_channels = list(in_channels)
        self.out_channels = list(out_channels)
        upsample_cfg = upsample_cfg or {'type': 'deconv', 'bias': False}
        conv_cfg = conv_cfg or {'type': 'Conv2d', 'bias': False}

        def resize(width_in: int, width_out: int, factor: float) -> nn.Module:
            if factor > 1 or (factor == 1 and not use_conv_for_no_stride):
                sizes = {'kernel_size': int(factor), 'stride': int(factor)}
                return build_upsample_layer(
                    upsample_cfg, in_channels=width_in, out_channels=width_out, **sizes
                )
            stride = round(1 / factor)
            return build_conv_layer(
                conv_cfg, width_in, width_out, kernel_size=stride, stride=stride
            )

        self.deblocks = nn.ModuleList(
            nn.Sequential(
                resize(width_in, width_out, factor),
                build_norm_layer(norm_cfg, width_out)[1],
                nn.ReLU(inplace=True),
            )
            for width_in, width_out, factor in zip(in_channels, out_channels, upsample_strides)
        )

    @property
    def level_channels(self) -> list[int]:
        """Width of the one map that it returns."""
        return [sum(self.out_channels)]

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the stacked map, as the only level of a list.

        Args:
            maps: maps of shape (B, in_channels[i], H_i, W_i).

        Returns:
            one map of shape (B, sum(out_channels), H, W).

        Raises:
            ValueError: if the number of maps is not that of ``in_channels``.
        """
        if len(maps) != len(self.deblocks):
            raise ValueError(f'got {len(maps)} maps, expected {len(self.deblocks)}')
        return [torch.cat([deblock(each) for deblock, each in zip(self.deblocks, maps)], dim=1)]
