"""Backbones."""

from mmdet3d.models.backbones.pointnet2_sa_msg import PointNet2SAMSG
from mmdet3d.models.backbones.second import SECOND

__all__ = ['SECOND', 'PointNet2SAMSG']
