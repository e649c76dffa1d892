"""Overlaps for the assigners."""

from mmdet3d.core.bbox.iou_calculators.iou3d_calculator import (
    BboxOverlaps3D,
    BboxOverlapsNearest3D,
    bbox_overlaps_3d,
    bbox_overlaps_nearest_3d,
)

__all__ = [
    'BboxOverlaps3D',
    'BboxOverlapsNearest3D',
    'bbox_overlaps_3d',
    'bbox_overlaps_nearest_3d',
]
