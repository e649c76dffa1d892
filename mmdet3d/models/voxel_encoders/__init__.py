"""Voxel encoders: from the points in a voxel to its feature."""

from mmdet3d.models.voxel_encoders.pillar_encoder import PillarFeatureNet
from mmdet3d.models.voxel_encoders.simple_vfe import HardSimpleVFE

__all__ = ['HardSimpleVFE', 'PillarFeatureNet']
