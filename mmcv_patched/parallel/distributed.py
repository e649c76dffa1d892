"""One model per process, gradients averaged over the processes."""

from typing import Any

import torch
from mmcv.parallel.registry import MODULE_WRAPPERS
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mmcv_patched.parallel.scatter import to_device


class _MethodCaller(nn.Module):
    """Calls a method of ``model`` by name from ``forward``, the one entry DDP knows."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.model, method)(*args, **kwargs)


@MODULE_WRAPPERS.register_module(force=True)
class MMDistributedDataParallel(nn.Module):
    """Feeds collated batches to a model under torch's ``DistributedDataParallel``.

    mmcv's wrapper reaches into DDP's internals, which torch has changed since; this one routes
    ``train_step`` through DDP's own ``forward``, and works with gloo on CPU as with nccl on GPU.

    Args:
        module: the model, on the device where this process runs it.
        **kwargs: passed on to ``DistributedDataParallel``.
    """

    def __init__(self, module: nn.Module, **kwargs: Any) -> None:
        super().__init__()
        self.ddp = DistributedDataParallel(_MethodCaller(module), **kwargs)

    @property
    def module(self) -> nn.Module:
        """The model itself, as mmcv's checkpoints and hooks look for it."""
        return self.ddp.module.model

    @property
    def device(self) -> torch.device:
        """The device of the model's parameters."""
        return next(self.module.parameters()).device

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model on a collated batch."""
        return self._call('forward', args, kwargs)

    def train_step(self, *args: Any, **kwargs: Any) -> dict:
        """Call the model's ``train_step``; gradients are averaged in the backward pass."""
        return self._call('train_step', args, kwargs)

    def val_step(self, *args: Any, **kwargs: Any) -> dict:
        """Call the model's ``val_step`` on a collated batch."""
        return self._call('val_step', args, kwargs)

    def _call(self, method: str, args: tuple, kwargs: dict) -> Any:
        return self.ddp(method, *to_device(args, self.device), **to_device(kwargs, self.device))
