"""Second stages: proposals refined from what lies in them."""

from mmdet3d.models.roi_heads.bbox_heads import PointRCNNBboxHead
from mmdet3d.models.roi_heads.point_rcnn_roi_head import PointRCNNRoIHead
from mmdet3d.models.roi_heads.roi_extractors import Single3DRoIPointExtractor

__all__ = ['PointRCNNBboxHead', 'PointRCNNRoIHead', 'Single3DRoIPointExtractor']
