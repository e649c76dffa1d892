"""Anchor heads of before mmdetection3d v1.0: told from later ones, and converted."""

from mmdet3d.models.old_heads.notes import HeadNotes
from mmdet3d.models.old_heads.part import ConvertibleHead
from mmdet3d.models.old_heads.signs import agrees_with_new, why_old
from mmdet3d.models.old_heads.weights import convert_head

__all__ = ['ConvertibleHead', 'HeadNotes', 'agrees_with_new', 'convert_head', 'why_old']
