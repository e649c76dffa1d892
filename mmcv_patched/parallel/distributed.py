"""One model per process, gradients averaged over the processes."""

import inspect
from typing import Any

from mmcv.parallel.registry import MODULE_WRAPPERS
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mmcv_patched.parallel.batch_feeder import BatchFeeder

# Before torch 2.13 another name said whether buffers are made equal before each step.
_SYNC = 'forward_sync_buffers'
if _SYNC not in inspect.signature(DistributedDataParallel).parameters:
    _SYNC = 'broadcast_buffers'


class _MethodCaller(nn.Module):
    """Calls a method of ``model`` by name from ``forward``, the one entry DDP knows."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.model, method)(*args, **kwargs)


@MODULE_WRAPPERS.register_module(force=True)
class MMDistributedDataParallel(BatchFeeder):
    """Feeds collated batches to a model under torch's ``DistributedDataParallel``.

    mmcv's wrapper reaches into DDP's internals, which torch has changed since; this one routes
    ``train_step`` through DDP's own ``forward``, and works with gloo on CPU as with nccl on GPU.

    Args:
        module: the model, on the device where this process runs it.
        mixed_precision: compute in the device's low precision wherever torch's autocast does.
        sync_buffers: give all processes the first one's buffers before each step.
        **kwargs: passed on to ``DistributedDataParallel``.
    """

    def __init__(
        self,
        module: nn.Module,
        mixed_precision: bool = False,
        sync_buffers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(mixed_precision)
        options = {_SYNC: sync_buffers, **kwargs}
        self.ddp = DistributedDataParallel(_MethodCaller(module), **options)

    @property
    def module(self) -> nn.Module:
        """The model itself, as mmcv's checkpoints and hooks look for it."""
        return self.ddp.module.model

    def run(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the model under DDP, which averages gradients in the backward pass."""
        return self.ddp(method, *args, **kwargs)
