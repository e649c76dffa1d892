"""Samplers of proposals."""

from mmdet3d.core.bbox.samplers.iou_neg_piecewise_sampler import IoUNegPiecewiseSampler

__all__ = ['IoUNegPiecewiseSampler']
