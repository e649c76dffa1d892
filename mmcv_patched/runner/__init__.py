"""Runners that carry a teacher, checkpoints that are safe to load, and mixed precision."""

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.checkpoint import load_file, save_checkpoint
from mmcv_patched.runner.epoch_based_runner import EpochBasedRunner
from mmcv_patched.runner.mixed_precision import MixedPrecisionHook, autocast, in_float32

__all__ = [
    'BaseRunner',
    'EpochBasedRunner',
    'MixedPrecisionHook',
    'autocast',
    'in_float32',
    'load_file',
    'save_checkpoint',
]
