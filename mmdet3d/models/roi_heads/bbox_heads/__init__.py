"""Heads that score and refine proposals."""

from mmdet3d.models.roi_heads.bbox_heads.point_rcnn_bbox_head import PointRCNNBboxHead

__all__ = ['PointRCNNBboxHead']
