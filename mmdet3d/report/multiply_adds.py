"""Count the arithmetic of a detector."""

from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_multiply_adds(model: nn.Module, batch: dict) -> float:
    """Count the multiply-adds of a detector on a batch, as the paper's tables give them.

    Convolutions and matrix products count. What a layer with ``count_multiply_adds(input)`` does
    is counted by that method alone: torch sees the arithmetic of sparse convolutions on the CPU,
    but not on a GPU, and not that of the padding of voxels, which the tables count and is spared.

    Args:
        model: the detector.
        batch: a test batch on its device.
    """
    return sum(count_by_stage(model, batch).values())


@torch.no_grad()
def count_by_stage(model: nn.Module, batch: dict) -> dict[str, float]:
    """Count what :func:`count_multiply_adds` counts, by the part of the detector that does it.

    Args:
        model: the detector.
        batch: a test batch on its device.

    Returns:
        multiply-adds by the names of the detector's parts, such as ``backbone``; the decoding of
        boxes, which happens in none of them, with the last.
    """
    counter = FlopCounterMode(display=False)
    # Layers before stages: where a stage ends with a layer, the layer is to have been counted.
    layers = [
        _SelfCounting(module, counter)
        for module in model.modules()
        if hasattr(module, 'count_multiply_adds')
    ]

    def so_far() -> float:
        return counter.get_total_flops() / 2 + sum(layer.unseen for layer in layers)

    stages = {name: _Stage(stage, so_far) for name, stage in model.named_children()}
    try:
        with counter:
            model(return_loss=False, rescale=True, **batch)
    finally:
        for followed in (*layers, *stages.values()):
            followed.detach()
    counts = {name: stage.multiply_adds for name, stage in stages.items()}
    counts[next(reversed(counts))] += so_far() - sum(counts.values())
    return counts


class _Followed:
    """Notices when modules begin and end."""

    def __init__(self, modules: Any) -> None:
        self._hooks = [
            hook
            for module in modules
            for hook in (
                module.register_forward_pre_hook(self._enter),
                module.register_forward_hook(self._leave),
            )
        ]

    def _enter(self, layer: nn.Module, inputs: tuple) -> None:
        raise NotImplementedError

    def _leave(self, layer: Any, inputs: tuple, output: Any) -> None:
        raise NotImplementedError

    def detach(self) -> None:
        """Stop following."""
        for hook in self._hooks:
            hook.remove()


class _SelfCounting(_Followed):
    """Follows a layer that counts its own arithmetic.

    Attributes:
        unseen: the layer's multiply-adds, less what torch counted inside it.
    """

    def __init__(self, layer: nn.Module, counter: FlopCounterMode) -> None:
        super().__init__([layer])
        self.unseen = 0.0
        self._counter = counter
        self._before = 0.0

    def _enter(self, layer: nn.Module, inputs: tuple) -> None:
        self._before = self._counter.get_total_flops() / 2

    def _leave(self, layer: Any, inputs: tuple, output: Any) -> None:
        seen = self._counter.get_total_flops() / 2 - self._before
        self.unseen += layer.count_multiply_adds(*inputs) - seen


class _Stage(_Followed):
    """Follows a part of a detector through any of its layers: not every part has a ``forward``.

    Attributes:
        multiply_adds: of the part.
    """

    def __init__(self, stage: nn.Module, so_far: Any) -> None:
        super().__init__(stage.modules())
        self.multiply_adds = 0.0
        self._so_far = so_far
        self._depth = 0
        self._before = 0.0

    def _enter(self, layer: nn.Module, inputs: tuple) -> None:
        if self._depth == 0:
            self._before = self._so_far()
        self._depth += 1

    def _leave(self, layer: Any, inputs: tuple, output: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.multiply_adds += self._so_far() - self._before
