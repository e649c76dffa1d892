"""Voxel encoders: from the points in a voxel to its feature."""

from mmdet3d.models.voxel_encoders.pillar_encoder import PillarFeatureNet

__all__ = ['PillarFeatureNet']
