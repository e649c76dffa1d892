"""Runners that carry a teacher, checkpoints that are safe to load, steps in mixed precision."""

from mmcv_patched.runner.average_weights import AverageWeightsHook
from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.checkpoint import load_file, point_to, save_checkpoint
from mmcv_patched.runner.checkpoint_hook import CheckpointHook
from mmcv_patched.runner.epoch_based_runner import EpochBasedRunner
from mmcv_patched.runner.finite import NonFiniteError
from mmcv_patched.runner.iter_based_runner import IterBasedRunner
from mmcv_patched.runner.log_files import TensorboardLoggerHook, TextLoggerHook
from mmcv_patched.runner.mixed_precision import (
    GradientCumulativeMixedPrecisionHook,
    MixedPrecisionHook,
)
from mmcv_patched.runner.norm_statistics import SyncBuffersHook
from mmcv_patched.runner.optimizer_hooks import GradientCumulativeOptimizerHook, OptimizerHook
from mmcv_patched.runner.random_states import random_states_kept
from mmcv_patched.runner.termination import TerminationHook
from mmcv_patched.runner.weights import (
    Origin,
    adapt_modules,
    adapt_weights,
    find_misfit,
    load_fitting,
    read_meta,
    read_weights,
    require_some_fit,
)

__all__ = [
    'AverageWeightsHook',
    'BaseRunner',
    'CheckpointHook',
    'EpochBasedRunner',
    'GradientCumulativeMixedPrecisionHook',
    'GradientCumulativeOptimizerHook',
    'IterBasedRunner',
    'MixedPrecisionHook',
    'NonFiniteError',
    'OptimizerHook',
    'Origin',
    'SyncBuffersHook',
    'TensorboardLoggerHook',
    'TerminationHook',
    'TextLoggerHook',
    'adapt_modules',
    'adapt_weights',
    'find_misfit',
    'load_file',
    'load_fitting',
    'point_to',
    'random_states_kept',
    'read_meta',
    'read_weights',
    'require_some_fit',
    'save_checkpoint',
]
