"""The statistics of batch normalisations, of which each process of a group has its own."""

import mmcv.runner
from mmcv.runner import HOOKS, BaseRunner
from mmcv.runner.dist_utils import allreduce_params
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def average_statistics(model: nn.Module) -> None:
    """Let each process of a group have the mean of all running means and variances.

    mmcv averages all buffers, and fails on those that count in whole numbers.

    Args:
        model: the network, wrapped or not; all processes call this.
    """
    norms = (module for module in model.modules() if isinstance(module, _BatchNorm))
    pairs = [(norm.running_mean, norm.running_var) for norm in norms if norm.track_running_stats]
    allreduce_params([each for pair in pairs for each in pair if each is not None])


@HOOKS.register_module(name='SyncBuffersHook', force=True)
class SyncBuffersHook(mmcv.runner.SyncBuffersHook):
    """mmcv's ``SyncBuffersHook``, which averages the statistics after each epoch."""

    def after_epoch(self, runner: BaseRunner) -> None:
        """Average them, if there are several processes."""
        if self.distributed:
            average_statistics(runner.model)
