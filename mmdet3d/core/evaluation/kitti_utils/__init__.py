"""The KITTI object benchmark: overlaps, matching, average precision and its report."""

from mmdet3d.core.evaluation.kitti_utils.eval import kitti_eval

__all__ = ['kitti_eval']
