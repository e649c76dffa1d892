"""Count the arithmetic of a detector."""

from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@torch.no_grad()
def count_multiply_adds(model: nn.Module, batch: dict) -> float:
    """Count the multiply-adds of a detector on a batch, as the paper's tables give them.

    Convolutions and matrix products count. What a layer with ``count_multiply_adds(input)`` does
    is counted by that method alone: torch sees the arithmetic of sparse convolutions on the CPU,
    but not on a GPU, and not that of the padding of voxels, which the tables count and is spared.

    Args:
        model: the detector.
        batch: a test batch on its device.
    """
    counter = FlopCounterMode(display=False)
    layers = [
        _SelfCounting(module, counter)
        for module in model.modules()
        if hasattr(module, 'count_multiply_adds')
    ]
    try:
        with counter:
            model(return_loss=False, rescale=True, **batch)
    finally:
        for layer in layers:
            layer.detach()
    return counter.get_total_flops() / 2 + sum(layer.unseen for layer in layers)


class _SelfCounting:
    """Follows a layer that counts its own arithmetic.

    Attributes:
        unseen: the layer's multiply-adds, less what torch counted inside it.
    """

    def __init__(self, layer: nn.Module, counter: FlopCounterMode) -> None:
        self.unseen = 0.0
        self._counter = counter
        self._hooks = [
            layer.register_forward_pre_hook(self._enter),
            layer.register_forward_hook(self._leave),
        ]

    def _enter(self, layer: nn.Module, inputs: tuple) -> None:
        self.unseen += self._counter.get_total_flops() / 2

    def _leave(self, layer: Any, inputs: tuple, output: Any) -> None:
        self.unseen -= self._counter.get_total_flops() / 2
        self.unseen += layer.count_multiply_adds(*inputs)

    def detach(self) -> None:
        """Stop following the layer."""
        for hook in self._hooks:
            hook.remove()
