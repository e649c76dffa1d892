"""Batch normalisation over the batches of all processes, under mmdetection3d's names."""

import warnings

import torch.distributed as dist
from mmcv.cnn import NORM_LAYERS
from torch import Tensor, nn
from torch.nn.modules._functions import SyncBatchNorm
from torch.nn.modules.batchnorm import _BatchNorm

from mmdet3d.models.layers.map_norm import BatchNorm2d

__all__ = [
    'NaiveSyncBatchNorm1d',
    'NaiveSyncBatchNorm2d',
    'is_plain_batch_norm',
    'waits_for_others',
]


class _SynchronisedOnGPU(_BatchNorm):
    """Makes a batch normalisation one over all processes, in training and on GPUs.

    It computes as ``torch.nn.SyncBatchNorm``, but is no subclass: torch's DDP refuses any model on
    a CPU that contains one.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise each channel, the second dimension of ``input``."""
        if not (self.training and _several_processes()):
            return super().forward(input)
        if input.device.type == 'cpu':
            warnings.warn(
                f'{type(self).__name__} cannot synchronise on a CPU: every process normalises by '
                'its own batch',
                stacklevel=2,
            )
            return super().forward(input)
        self._check_input_dim(input)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        return SyncBatchNorm.apply(
            input,
            self.weight,
            self.bias,
            self.running_mean,
            self.running_var,
            self.eps,
            self.momentum,
            dist.group.WORLD,
            dist.get_world_size(),
        )


@NORM_LAYERS.register_module('naiveSyncBN1d')
class NaiveSyncBatchNorm1d(_SynchronisedOnGPU, nn.BatchNorm1d):
    """Batch normalisation of (N, C) or (N, C, L), over all processes of a run on GPUs.

    The name is mmdetection3d's, the arithmetic that of ``torch.nn.SyncBatchNorm``. In a run of one
    process, in evaluation, and in any run on CPUs it is ``BatchNorm1d``.
    """


@NORM_LAYERS.register_module('naiveSyncBN2d')
class NaiveSyncBatchNorm2d(_SynchronisedOnGPU, BatchNorm2d):
    """Batch normalisation of (N, C, H, W), see :class:`NaiveSyncBatchNorm1d`."""


def is_plain_batch_norm(norm: nn.Module) -> bool:
    """Tell whether ``norm`` now computes as ``BatchNorm1d`` does, on this process's batch alone."""
    if type(norm) is NaiveSyncBatchNorm1d:
        return not (norm.training and _several_processes())
    return type(norm) is nn.BatchNorm1d


def waits_for_others(module: nn.Module) -> bool:
    """Tell whether a layer of ``module`` now exchanges statistics with other processes.

    Such a module has to be run by every process, or the others wait for ever.
    """
    return _several_processes() and any(
        isinstance(each, _SynchronisedOnGPU) and each.training and not _is_on_cpu(each)
        for each in module.modules()
    )


def _is_on_cpu(layer: nn.Module) -> bool:
    return all(tensor.device.type == 'cpu' for tensor in layer.state_dict().values())


def _several_processes() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
