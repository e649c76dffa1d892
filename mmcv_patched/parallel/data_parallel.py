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
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def run(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the model."""
        return getattr(self.module, method)(*args, **kwargs)
