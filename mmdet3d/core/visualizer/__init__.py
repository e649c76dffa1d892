"""Pictures, saved without a screen."""

from mmdet3d.core.visualizer.bev import BoxLayer, draw_bev
from mmdet3d.core.visualizer.curves import draw_learning_curves, read_losses

__all__ = ['BoxLayer', 'draw_bev', 'draw_learning_curves', 'read_losses']
