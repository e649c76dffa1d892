"""The three nearest neighbours of each point, on any device."""

import torch

from mmdet3d.on_cpu import three_nn as on_cpu
from mmdet3d.ops.checks import require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import three_nn as on_device

_three_nearest = by_device(on_cpu.three_nearest, on_device.three_nearest, 'three_nn')


@torch.no_grad()
def three_nn(targets: torch.Tensor, sources: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the three sources nearest to each target.

    Sources equally near come in their order. Squared distances are compared in float32. With fewer
    than three sources, or distances that are not finite, the missing neighbours have an infinite
    distance and index 0: a weight of one over the distance gives them nothing.

    Args:
        targets: of shape (B, N, 3), x, y, z in metres.
        sources: of shape (B, M, 3), the same.

    Returns:
        Euclidean distances in ascending order, float32 of shape (B, N, 3), through which no
        gradient flows; the indices of the sources, int64 of shape (B, N, 3).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if one has another shape, they are on different devices, or there are targets
            but no sources.
    """
    require_floats(targets=targets, sources=sources)
    require_shape('targets', targets, ('B', 'N', 3))
    require_shape('sources', sources, (targets.shape[0], 'M', 3))
    if sources.shape[1] == 0 and targets.numel() > 0:
        raise ValueError(f'no sources to be near to targets of shape {tuple(targets.shape)}')
    squared, index = _three_nearest(targets.detach().float(), sources.detach().float())
    return squared.sqrt_(), index
