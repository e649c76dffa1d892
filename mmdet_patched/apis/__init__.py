"""Patched training and testing entry points."""

from mmdet_patched.apis.evaluation import (
    HOOK_SETTINGS,
    check_evaluation_hook,
    split_evaluation,
)
from mmdet_patched.apis.hooks import build_optimizer_hook
from mmdet_patched.apis.loaders import build_test_loader, build_train_loader
from mmdet_patched.apis.restart import find_start, newest_checkpoint
from mmdet_patched.apis.seeds import seed_process
from mmdet_patched.apis.test import multi_gpu_test, single_gpu_test
from mmdet_patched.apis.train import train_detector

__all__ = [
    'HOOK_SETTINGS',
    'build_optimizer_hook',
    'build_test_loader',
    'build_train_loader',
    'check_evaluation_hook',
    'find_start',
    'multi_gpu_test',
    'newest_checkpoint',
    'seed_process',
    'single_gpu_test',
    'split_evaluation',
    'train_detector',
]
