"""Point-cloud operators: numba on the CPU, torch on other devices."""

from mmdet3d.ops.nms import nms_bev, nms_normal_bev
from mmdet3d.ops.norm import NaiveSyncBatchNorm1d, NaiveSyncBatchNorm2d, waits_for_others
from mmdet3d.ops.points_in_boxes import points_in_boxes_all, points_in_boxes_part
from mmdet3d.ops.rotated_iou import boxes_iou_bev, boxes_overlap_bev
from mmdet3d.ops.voxelize import Voxelization, voxelization

__all__ = [
    'NaiveSyncBatchNorm1d',
    'NaiveSyncBatchNorm2d',
    'Voxelization',
    'boxes_iou_bev',
    'boxes_overlap_bev',
    'nms_bev',
    'nms_normal_bev',
    'points_in_boxes_all',
    'points_in_boxes_part',
    'voxelization',
    'waits_for_others',
]
