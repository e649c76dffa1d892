"""One model on one device."""

from typing import Any

import torch
from mmcv.parallel.registry import MODULE_WRAPPERS
from torch import nn

from mmcv_patched.parallel.scatter import to_device


@MODULE_WRAPPERS.register_module(force=True)
class MMDataParallel(nn.Module):
    """Feeds collated batches to a model that lives on one device, CPU or GPU.

    Args:
        module: the model, on the device where it is to run.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    @property
    def device(self) -> torch.device:
        """The device of the model's parameters."""
        return next(self.module.parameters()).device

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model on a collated batch."""
        return self._call(self.module, args, kwargs)

    def train_step(self, *args: Any, **kwargs: Any) -> dict:
        """Call the model's ``train_step`` on a collated batch."""
        return self._call(self.module.train_step, args, kwargs)

    def val_step(self, *args: Any, **kwargs: Any) -> dict:
        """Call the model's ``val_step`` on a collated batch."""
        return self._call(self.module.val_step, args, kwargs)

    def _call(self, function: Any, args: tuple, kwargs: dict) -> Any:
        return function(*to_device(args, self.device), **to_device(kwargs, self.device))
