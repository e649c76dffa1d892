"""Evaluation of detections against ground truth."""

from mmdet3d.core.evaluation.kitti_utils import kitti_eval

__all__ = ['kitti_eval']
