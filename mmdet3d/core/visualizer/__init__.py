"""Pictures, saved without a screen."""

from mmdet3d.core.visualizer.bev import BoxLayer, draw_bev

__all__ = ['BoxLayer', 'draw_bev']
