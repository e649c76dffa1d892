"""Runners that carry a teacher, and checkpoints that load safely and save atomically."""

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.checkpoint import load_file, save_checkpoint
from mmcv_patched.runner.epoch_based_runner import EpochBasedRunner

__all__ = ['BaseRunner', 'EpochBasedRunner', 'load_file', 'save_checkpoint']
