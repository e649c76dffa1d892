"""Wrappers that hand a batch of DataContainers to a model on one device, alone or in a group."""

from mmcv_patched.parallel.data_parallel import MMDataParallel
from mmcv_patched.parallel.distributed import MMDistributedDataParallel
from mmcv_patched.parallel.scatter import to_device

__all__ = ['MMDataParallel', 'MMDistributedDataParallel', 'to_device']
