"""Middle encoders: from voxels to a bird's-eye view."""

from mmdet3d.models.middle_encoders.pillar_scatter import PointPillarsScatter
from mmdet3d.models.middle_encoders.sparse_encoder import SparseEncoder

__all__ = ['PointPillarsScatter', 'SparseEncoder']
