"""Dense heads: boxes from a bird's-eye view."""

from mmdet3d.models.dense_heads.anchor3d_head import Anchor3DHead

__all__ = ['Anchor3DHead']
