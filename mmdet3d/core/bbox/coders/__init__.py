"""Box coders."""

from mmdet.core.bbox import build_bbox_coder

from mmdet3d.core.bbox.coders.delta_xyzwhlr_bbox_coder import DeltaXYZWLHRBBoxCoder
from mmdet3d.core.bbox.coders.point_xyzwhlr_bbox_coder import PointXYZWHLRBBoxCoder

__all__ = ['DeltaXYZWLHRBBoxCoder', 'PointXYZWHLRBBoxCoder', 'build_bbox_coder']
