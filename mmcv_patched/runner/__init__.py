"""Runners that carry a teacher, checkpoints that are safe to load, steps in mixed precision."""

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.checkpoint import load_file, point_to, save_checkpoint
from mmcv_patched.runner.epoch_based_runner import EpochBasedRunner
from mmcv_patched.runner.iter_based_runner import IterBasedRunner
from mmcv_patched.runner.mixed_precision import (
    GradientCumulativeMixedPrecisionHook,
    MixedPrecisionHook,
)

__all__ = [
    'BaseRunner',
    'EpochBasedRunner',
    'GradientCumulativeMixedPrecisionHook',
    'IterBasedRunner',
    'MixedPrecisionHook',
    'load_file',
    'point_to',
    'save_checkpoint',
]
