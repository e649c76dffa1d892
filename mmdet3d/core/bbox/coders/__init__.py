"""Box coders."""

from mmdet.core.bbox import build_bbox_coder

from mmdet3d.core.bbox.coders.delta_xyzwhlr_bbox_coder import DeltaXYZWLHRBBoxCoder

__all__ = ['DeltaXYZWLHRBBoxCoder', 'build_bbox_coder']
