"""Patched models: the train step that knows a teacher, and a focal loss without compiled code."""

from mmdet_patched.models.base_detector import BaseDetector
from mmdet_patched.models.focal_loss import FocalLoss

__all__ = ['BaseDetector', 'FocalLoss']
