"""Networks. Importing the package registers them and replaces mmdet's focal loss."""

import mmdet_patched.models  # noqa: F401  (registers the losses that run without compiled code)
from mmdet3d.models.backbones import SECOND, PointNet2SAMSG
from mmdet3d.models.builder import (
    BACKBONES,
    DETECTORS,
    HEADS,
    LOSSES,
    MIDDLE_ENCODERS,
    NECKS,
    VOXEL_ENCODERS,
    build_backbone,
    build_detector,
    build_head,
    build_loss,
    build_middle_encoder,
    build_model,
    build_neck,
    build_voxel_encoder,
)
from mmdet3d.models.dense_heads import Anchor3DHead, PointRPNHead
from mmdet3d.models.detectors import Base3DDetector, MVXFasterRCNN, PointRCNN, VoxelNet
from mmdet3d.models.fusing import fuse_normalisations
from mmdet3d.models.middle_encoders import PointPillarsScatter, SparseEncoder
from mmdet3d.models.necks import SECONDFPN, PointNetFPNeck
from mmdet3d.models.roi_heads import (
    PointRCNNBboxHead,
    PointRCNNRoIHead,
    Single3DRoIPointExtractor,
)
from mmdet3d.models.voxel_encoders import HardSimpleVFE, HardVFE, PillarFeatureNet

__all__ = [
    'BACKBONES',
    'DETECTORS',
    'HEADS',
    'LOSSES',
    'MIDDLE_ENCODERS',
    'NECKS',
    'SECOND',
    'SECONDFPN',
    'VOXEL_ENCODERS',
    'Anchor3DHead',
    'Base3DDetector',
    'HardSimpleVFE',
    'HardVFE',
    'MVXFasterRCNN',
    'PillarFeatureNet',
    'PointNet2SAMSG',
    'PointNetFPNeck',
    'PointPillarsScatter',
    'PointRCNN',
    'PointRCNNBboxHead',
    'PointRCNNRoIHead',
    'PointRPNHead',
    'Single3DRoIPointExtractor',
    'SparseEncoder',
    'VoxelNet',
    'build_backbone',
    'build_detector',
    'build_head',
    'build_loss',
    'build_middle_encoder',
    'build_model',
    'build_neck',
    'build_voxel_encoder',
    'fuse_normalisations',
]
