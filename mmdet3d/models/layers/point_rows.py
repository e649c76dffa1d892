"""Pointwise networks in evaluation: a point is a row, and a layer one matrix product."""

from collections.abc import Iterable
from typing import NamedTuple

from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmdet3d.models.layers.linear_norm import affine_of
from mmdet3d.models.layers.watching import is_watched


class RowLayer(NamedTuple):
    """A 1x1 convolution with the normalisation after it, ``relu(rows @ weight.t() + bias)``.

    Attributes:
        weight: of shape (C', C).
        bias: of shape (C',).
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        """Return (R, C') of rows (R, C)."""
        return self.bias.addmm(rows, self.weight.t()).relu_()


def row_layers(network: Iterable[nn.Module]) -> list[RowLayer] | None:
    """Return what a pointwise network computes now, as layers on rows.

    Args:
        network: its layers, as ``make_pointwise_mlp`` makes them.

    Returns:
        the layers, to whose parameters gradients flow; None if one of them is anything but a 1x1
        convolution, a batch normalisation by tracked statistics, and a ReLU, or if a hook waits for
        one of them to run.
    """
    layers = list(network)
    if not all(_is_row_layer(layer) and not is_watched(layer) for layer in layers):
        return None
    return [_row_layer(layer) for layer in layers]


def run_rows(layers: Iterable[RowLayer], rows: Tensor) -> Tensor:
    """Return what layers, one after the other, make of rows: (R, C') of (R, C)."""
    for layer in layers:
        rows = layer(rows)
    return rows


def _is_row_layer(layer: nn.Module) -> bool:
    if not isinstance(layer, ConvModule) or layer.order != ('conv', 'norm', 'act'):
        return False
    conv, norm = layer.conv, layer.norm
    is_pointwise = isinstance(conv, (nn.Conv1d, nn.Conv2d)) and conv.weight[0, 0].numel() == 1
    is_tracked = isinstance(norm, _BatchNorm) and not norm.training and norm.track_running_stats
    return (
        is_pointwise
        and conv.groups == 1
        and (norm is None or isinstance(norm, nn.Identity) or is_tracked)
        and isinstance(getattr(layer, 'activate', None), nn.ReLU)
    )


def _row_layer(layer: ConvModule) -> RowLayer:
    weight = layer.conv.weight.flatten(1)
    bias = weight.new_zeros(len(weight)) if layer.conv.bias is None else layer.conv.bias
    mean, var = (getattr(layer.norm, name, None) for name in ('running_mean', 'running_var'))
    if mean is None or var is None:
        return RowLayer(weight, bias)
    scale, shift = affine_of(layer.norm, mean, var)
    return RowLayer(weight * scale[:, None].to(weight), (bias * scale + shift).to(weight))
