"""Detectors."""

from mmdet3d.models.detectors.base import Base3DDetector, is_kd_weight
from mmdet3d.models.detectors.mvx_two_stage import MVXFasterRCNN
from mmdet3d.models.detectors.point_rcnn import PointRCNN
from mmdet3d.models.detectors.voxelnet import VoxelNet

__all__ = ['Base3DDetector', 'MVXFasterRCNN', 'PointRCNN', 'VoxelNet', 'is_kd_weight']
