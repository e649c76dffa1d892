"""Detectors."""

from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.detectors.point_rcnn import PointRCNN
from mmdet3d.models.detectors.voxelnet import VoxelNet

__all__ = ['Base3DDetector', 'PointRCNN', 'VoxelNet']
