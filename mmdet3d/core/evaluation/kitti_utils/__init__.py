"""The KITTI object benchmark: overlaps, matching, average precision and its report."""

from mmdet3d.core.evaluation.kitti_utils.classes import class_names, read_overlaps
from mmdet3d.core.evaluation.kitti_utils.eval import check_truth, kitti_eval
from mmdet3d.core.evaluation.kitti_utils.report import figure_name, figure_names, mean_name
from mmdet3d.core.evaluation.kitti_utils.rules import METRICS

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
