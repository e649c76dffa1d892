"""Necks."""

from mmdet3d.models.necks.pointnet2_fp_neck import PointNetFPNeck
from mmdet3d.models.necks.second_fpn import SECONDFPN

__all__ = ['SECONDFPN', 'PointNetFPNeck']
