"""Point-cloud operators: numba on the CPU, Triton on CUDA devices, torch on others."""

from importlib import import_module
from typing import Any

from mmdet3d.ops.ball_query import ball_query
from mmdet3d.ops.furthest_point_sample import furthest_point_sample
from mmdet3d.ops.group_points import gather_points, group_points
from mmdet3d.ops.nms import nms_bev, nms_normal_bev
from mmdet3d.ops.points_in_boxes import points_in_boxes_all, points_in_boxes_part
from mmdet3d.ops.roi_point_pool import roi_point_pool
from mmdet3d.ops.rotated_iou import boxes_iou_bev, boxes_overlap_bev
from mmdet3d.ops.smallest_of_rows import smallest_of_rows
from mmdet3d.ops.three_interpolate import three_interpolate
from mmdet3d.ops.three_nn import three_nn
from mmdet3d.ops.voxelize import Voxelization, voxelization

__all__ = [
    'Voxelization',
    'ball_query',
    'boxes_iou_bev',
    'boxes_overlap_bev',
    'furthest_point_sample',
    'gather_points',
    'group_points',
    'nms_bev',
    'nms_normal_bev',
    'points_in_boxes_all',
    'points_in_boxes_part',
    'roi_point_pool',
    'smallest_of_rows',
    'three_interpolate',
    'three_nn',
    'voxelization',
]


def __getattr__(name: str) -> Any:
    """Give the names of layers that mmdetection3d keeps among its operators."""
    if name in ('NaiveSyncBatchNorm1d', 'NaiveSyncBatchNorm2d', 'waits_for_others'):
        # Not before somebody asks: networks are two floors above.
        return getattr(import_module('mmdet3d.models.layers.sync_norm'), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
