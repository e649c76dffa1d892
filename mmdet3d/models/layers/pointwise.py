"""The same small network for every point."""

import itertools
import warnings
from collections.abc import Sequence

from mmcv.cnn import ConvModule
from torch import Tensor, nn


class PointwiseLinear(nn.Linear):
    """A linear layer on the channels of (B, C, N).

    ``nn.Linear`` wants the channels last. torch's batch norm, which follows, is exact on the CPU
    only where they come first and are contiguous.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, out_features, N) of (B, in_features, N)."""
        mapped = self.weight @ features
        return mapped if self.bias is None else mapped + self.bias[:, None]


def make_pointwise_mlp(
    channels: Sequence[int], norm_cfg: dict, bias: bool | str = 'auto'
) -> nn.Sequential:
    """Stack 1x1 convolutions, each with normalisation and ReLU, named ``layer0``, ``layer1``, ...

    Args:
        channels: widths, the input's first.
        norm_cfg: normalisation layer.
        bias: whether the convolutions have a bias; 'auto' leaves it to the normalisation.

    Returns:
        a network from (B, channels[0], ...) to (B, channels[-1], ...), with one trailing axis for a
        normalisation of type 'BN1d', else two.
    """
    conv_cfg = {'type': 'Conv1d' if norm_cfg['type'] == 'BN1d' else 'Conv2d'}
    options = {'kernel_size': 1, 'conv_cfg': conv_cfg, 'norm_cfg': norm_cfg, 'bias': bias}
    layers = nn.Sequential()
    with warnings.catch_warnings():
        # Normalisation makes a bias superfluous, but released weights have one.
        warnings.filterwarnings('ignore', message='Unnecessary conv bias')
        for i, widths in enumerate(itertools.pairwise(channels)):
            layers.add_module(f'layer{i}', ConvModule(*widths, **options))
    return layers
