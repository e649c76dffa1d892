"""Several convolutions of one map, computed as one."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmdet3d.models.layers.watching import is_watched


def convolve_all(layers: Sequence[Any], x: Tensor) -> list[Tensor]:
    """Apply 1x1 convolutions to the same map, which is then read once.

    Layers of another type, those that someone observes by hooks, and those of a network that is
    being exported are called one by one.

    Args:
        layers: convolutions of C channels.
        x: the map, of shape (B, C, H, W).

    Returns:
        what each layer gives, of shape (B, C', H, W); views of one map where they were merged.
    """
    if torch.compiler.is_exporting() or not all(map(_is_plain, layers)):
        return [layer(x) for layer in layers]
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([layer.bias for layer in layers])
    found = nn.functional.conv2d(x, weight, bias)
    return list(found.split([len(layer.weight) for layer in layers], dim=1))


def _is_plain(layer: Any) -> bool:
    return (
        type(layer) is nn.Conv2d
        and layer.kernel_size == layer.stride == (1, 1)
        and layer.padding == (0, 0)
        and layer.groups == 1
        and layer.bias is not None
        and not is_watched(layer)
    )
