"""One model on one device."""

from typing import Any

from mmcv.parallel.registry import MODULE_WRAPPERS
from torch import nn

from mmcv_patched.parallel.batch_feeder import BatchFeeder


@MODULE_WRAPPERS.register_module(force=True)
class MMDataParallel(BatchFeeder):
    """Feeds collated batches to a model that lives on one device, CPU or GPU.

    Args:
        module: the model, on the device where it is to run.
        mixed_precision: compute in the device's low precision wherever torch's autocast does.
    """

    def __init__(self, module: nn.Module, mixed_precision: bool = False) -> None:
        super().__init__(mixed_precision)
        self.module = module

    def run(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the model."""
        return getattr(self.module, method)(*args, **kwargs)
