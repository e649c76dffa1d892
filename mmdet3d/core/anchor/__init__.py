"""Anchors."""

from mmdet.core.anchor import build_anchor_generator, build_prior_generator

from mmdet3d.core.anchor.anchor_3d_generator import (
    AlignedAnchor3DRangeGenerator,
    Anchor3DRangeGenerator,
)

__all__ = [
    'AlignedAnchor3DRangeGenerator',
    'Anchor3DRangeGenerator',
    'build_anchor_generator',
    'build_prior_generator',
]
