"""Count the arithmetic of a detector the way that the paper's figures were counted."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

# The number of points that mmdetection3d's get_flops.py makes up.
POINTS = 40_000
# They all lie at one place: there is next to nothing to do before the map.
_ON_VOXELS = ('voxel_layer', 'voxel_encoder', 'middle_encoder')


@torch.no_grad()
def count_as_published(model: nn.Module, batch: dict) -> dict[str, float]:
    """Count what reproduces the paper's F column, which mmcv's counter of layers explains.

    It differs from :func:`mmdet3d.report.count_multiply_adds` in that

    * biases count as one, normalisation as two and ReLU as one operation per value;
    * nothing counts that comes before the map of a detector on voxels: neither the encoder of
      pillars nor sparse convolutions;
    * a detector on points is given 40,000 of them, without the step of its pipeline that samples
      16,384.

    Args:
        model: the detector.
        batch: a test batch on its device, of one cloud.

    Returns:
        operations by the names of the detector's parts.
    """
    prefix = getattr(model, 'part_prefix', '')
    skipped = {f'{prefix}{name}' for name in _ON_VOXELS}
    stages = {name: _Counter() for name, _ in model.named_children()}
    for name, stage in model.named_children():
        if name not in skipped:
            stages[name].follow(stage.modules())
    try:
        model(return_loss=False, rescale=True, **_with_points(model, batch))
    finally:
        for counter in stages.values():
            counter.detach()
    return {name: counter.operations for name, counter in stages.items()}


def _with_points(model: nn.Module, batch: dict) -> dict:
    """Give a detector without voxels as many points as were made up."""
    if hasattr(model, 'voxel_layer'):
        return batch
    points = batch['points'][0][0]
    repeated = points[torch.arange(POINTS, device=points.device) % len(points)]
    return {**batch, 'points': [[repeated]]}


class _Counter:
    """Adds up the operations of layers.

    Attributes:
        operations: so far.
    """

    def __init__(self) -> None:
        self.operations = 0.0
        self._hooks: list[Any] = []

    def follow(self, layers: Iterable[nn.Module]) -> None:
        """Count what these layers do from now on."""
        self._hooks += [layer.register_forward_hook(self._add) for layer in layers]

    def _add(self, layer: nn.Module, inputs: tuple, output: Any) -> None:
        self.operations += _operations(layer, inputs[0] if inputs else None, output)

    def detach(self) -> None:
        """Stop counting."""
        for hook in self._hooks:
            hook.remove()


def _operations(layer: Any, given: Any, output: Any) -> float:
    if isinstance(layer, _BatchNorm):
        return 2 * given.numel()
    if isinstance(layer, nn.ReLU):
        return output.numel()
    if isinstance(layer, (_ConvNd, nn.Linear)):
        return _products(layer, given, output) + output.numel() * (layer.bias is not None)
    return 0


def _products(layer: Any, given: Tensor, output: Tensor) -> float:
    """Multiply-adds of a convolution or a linear layer."""
    per_place = layer.weight[0].numel()
    if isinstance(layer, _ConvTransposeNd):
        return given.numel() // layer.in_channels * layer.weight[0].numel() * layer.in_channels
    return output.numel() * per_place
