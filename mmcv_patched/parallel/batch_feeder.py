"""What the wrappers share: unpack a collated batch, move it, and hand it to the model."""

from typing import Any

import torch
from torch import nn

from mmcv_patched.parallel.scatter import to_device
from mmcv_patched.precision import autocast


class BatchFeeder(nn.Module):
    """Calls a method of a model on collated batches, on the model's device.

    A batch from :func:`mmcv_patched.parallel.unpack` is not unpacked a second time. Subclasses
    have the model as ``module`` and say by ``run`` how its methods are called.

    Args:
        mixed_precision: compute in the device's low precision wherever torch's autocast does.
    """

    def __init__(self, mixed_precision: bool = False) -> None:
        super().__init__()
        self.mixed_precision = mixed_precision

    def run(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the model on a batch that is unpacked and on its device."""
        raise NotImplementedError(f'{type(self).__name__} does not define run()')

    @property
    def device(self) -> torch.device:
        """The device of the model's parameters."""
        return next(self.parameters()).device

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model on a collated batch."""
        return self._feed('__call__', args, kwargs)

    def train_step(self, *args: Any, **kwargs: Any) -> dict:
        """Call the model's ``train_step`` on a collated batch."""
        return self._feed('train_step', args, kwargs)

    def val_step(self, *args: Any, **kwargs: Any) -> dict:
        """Call the model's ``val_step`` on a collated batch."""
        return self._feed('val_step', args, kwargs)

    def _feed(self, method: str, args: tuple, kwargs: dict) -> Any:
        moved = [to_device(argument, self.device) for argument in args]
        with autocast(self.device, self.mixed_precision):
            return self.run(method, *moved, **to_device(kwargs, self.device))
