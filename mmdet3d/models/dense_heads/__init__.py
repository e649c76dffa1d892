"""Dense heads: boxes from a bird's-eye view or from points."""

from mmdet3d.models.dense_heads.anchor3d_head import Anchor3DHead
from mmdet3d.models.dense_heads.point_rpn_head import PointRPNHead

__all__ = ['Anchor3DHead', 'PointRPNHead']
