"""Wrappers that hand a batch of DataContainers to a model on one device, alone or in a group."""

from mmcv_patched.parallel.data_parallel import MMDataParallel
from mmcv_patched.parallel.distributed import MMDistributedDataParallel
from mmcv_patched.parallel.scatter import UnpackedBatch, to_device, unpack

__all__ = ['MMDataParallel', 'MMDistributedDataParallel', 'UnpackedBatch', 'to_device', 'unpack']
