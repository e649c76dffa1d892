"""From a head's scores to detections."""

from mmdet3d.core.post_processing.box3d_nms import box3d_multiclass_nms
from mmdet3d.ops import nms_bev, nms_normal_bev

__all__ = ['box3d_multiclass_nms', 'nms_bev', 'nms_normal_bev']
