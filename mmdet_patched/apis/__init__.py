"""Patched training and testing entry points."""

from mmdet_patched.apis.test import multi_gpu_test, single_gpu_test
from mmdet_patched.apis.train import train_detector

__all__ = ['multi_gpu_test', 'single_gpu_test', 'train_detector']
