"""Backbones."""

from mmdet3d.models.backbones.second import SECOND

__all__ = ['SECOND']
