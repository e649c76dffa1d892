"""Evaluation of detections against ground truth."""

from mmdet3d.core.evaluation.kitti_utils import (
    METRICS,
    check_truth,
    class_names,
    figure_name,
    figure_names,
    kitti_eval,
    mean_name,
    read_overlaps,
)

__all__ = [
    'METRICS',
    'check_truth',
    'class_names',
    'figure_name',
    'figure_names',
    'kitti_eval',
    'mean_name',
    'read_overlaps',
]
