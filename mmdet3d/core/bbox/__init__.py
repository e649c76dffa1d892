"""Boxes, their coders and overlaps, and the assigners and samplers of mmdet they work with."""

from mmdet.core.bbox import (
    AssignResult,
    BaseAssigner,
    BaseSampler,
    CombinedSampler,
    InstanceBalancedPosSampler,
    IoUBalancedNegSampler,
    MaxIoUAssigner,
    OHEMSampler,
    PseudoSampler,
    RandomSampler,
    SamplingResult,
    build_assigner,
    build_sampler,
)

from mmdet3d.core.bbox.coders import (
    DeltaXYZWLHRBBoxCoder,
    PointXYZWHLRBBoxCoder,
    build_bbox_coder,
)
from mmdet3d.core.bbox.iou_calculators import (
    BboxOverlaps3D,
    BboxOverlapsNearest3D,
    bbox_overlaps_3d,
    bbox_overlaps_nearest_3d,
)
from mmdet3d.core.bbox.samplers import IoUNegPiecewiseSampler
from mmdet3d.core.bbox.structures import (
    BaseInstance3DBoxes,
    Box3DMode,
    CameraInstance3DBoxes,
    Coord3DMode,
    LiDARInstance3DBoxes,
    get_box_type,
    limit_period,
    points_cam2img,
    rotation_3d_in_axis,
    xywhr2xyxyr,
)
from mmdet3d.core.bbox.transforms import bbox3d2result, bbox3d2roi

__all__ = [
    'AssignResult',
    'BaseAssigner',
    'BaseInstance3DBoxes',
    'BaseSampler',
    'BboxOverlaps3D',
    'BboxOverlapsNearest3D',
    'Box3DMode',
    'CameraInstance3DBoxes',
    'CombinedSampler',
    'Coord3DMode',
    'DeltaXYZWLHRBBoxCoder',
    'InstanceBalancedPosSampler',
    'IoUBalancedNegSampler',
    'IoUNegPiecewiseSampler',
    'LiDARInstance3DBoxes',
    'MaxIoUAssigner',
    'OHEMSampler',
    'PointXYZWHLRBBoxCoder',
    'PseudoSampler',
    'RandomSampler',
    'SamplingResult',
    'bbox3d2result',
    'bbox3d2roi',
    'bbox_overlaps_3d',
    'bbox_overlaps_nearest_3d',
    'build_assigner',
    'build_bbox_coder',
    'build_sampler',
    'get_box_type',
    'limit_period',
    'points_cam2img',
    'rotation_3d_in_axis',
    'xywhr2xyxyr',
]
