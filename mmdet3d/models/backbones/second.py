"""The 2D backbone over a bird's-eye view that SECOND and PointPillars share."""

from collections.abc import Sequence
from typing import Any

from mmcv.cnn import build_conv_layer, build_norm_layer
from mmcv.runner import BaseModule
from mmdet.models.builder import BACKBONES
from torch import Tensor, nn

NORM_CFG = {'type': 'BN', 'eps': 1e-3, 'momentum': 0.01}


@BACKBONES.register_module()
class SECOND(BaseModule):
    """Stages of 3x3 convolutions, each beginning with a strided one.

    From "SECOND: Sparsely Embedded Convolutional Detection" (Sensors 2018), section 3.3.

    Args:
        in_channels: width of the input map.
        out_channels: width of each stage.
        layer_nums: number of convolutions in each stage after the strided one.
        layer_strides: stride of each stage.
        norm_cfg: normalisation layer.
        conv_cfg: convolution layer.
        init_cfg: initialisation, by default Kaiming's.
        pretrained: checkpoint with the weights of this module (deprecated, use ``init_cfg``).

    Raises:
        ValueError: if the three sequences differ in length.
    """

    def __init__(
        self,
        in_channels: int = 128,
        out_channels: Sequence[int] = (128, 128, 256),
        layer_nums: Sequence[int] = (3, 5, 5),
        layer_strides: Sequence[int] = (2, 2, 2),
        norm_cfg: dict = NORM_CFG,
        conv_cfg: dict | None = None,
        init_cfg: dict | None = None,
        pretrained: str | None = None,
    ) -> None:
        if pretrained is not None:
            init_cfg = {'type': 'Pretrained', 'checkpoint': pretrained}
        super().__init__(init_cfg or {'type': 'Kaiming', 'layer': 'Conv2d'})
        if not len(out_channels) == len(layer_nums) == len(layer_strides):
            raise ValueError(
                f'out_channels={list(out_channels)}, layer_nums={list(layer_nums)} and '
                f'layer_strides={list(layer_strides)} have to name the same number of stages'
            )
        self.out_channels = list(out_channels)
        widths = [in_channels, *out_channels]
        self.blocks = nn.ModuleList(
            self._make_stage(widths[i], widths[i + 1], depth, stride, norm_cfg, conv_cfg)
            for i, (depth, stride) in enumerate(zip(layer_nums, layer_strides))
        )

    @staticmethod
    def _make_stage(
        in_channels: int,
        out_channels: int,
        depth: int,
        stride: int,
        norm_cfg: dict,
        conv_cfg: dict | None,
    ) -> nn.Sequential:
        conv_cfg = conv_cfg or {'type': 'Conv2d', 'bias': False}
        layers: list[Any] = []
        for i in range(depth + 1):
            conv = build_conv_layer(
                conv_cfg,
                in_channels if i == 0 else out_channels,
                out_channels,
                kernel_size=3,
                stride=stride if i == 0 else 1,
                padding=1,
            )
            layers += [conv, build_norm_layer(norm_cfg, out_channels)[1], nn.ReLU(inplace=True)]
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the map after each stage.

        Args:
            x: bird's-eye view of shape (B, in_channels, H, W).

        Returns:
            maps of shape (B, out_channels[i], H_i, W_i).
        """
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return tuple(maps)
