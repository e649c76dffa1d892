"""Pictures, saved without a screen."""

from mmdet3d.core.visualizer.bev import BoxLayer, draw_bev
from mmdet3d.core.visualizer.colors import distinct_colors
from mmdet3d.utils.moved import moved

__all__ = ['BoxLayer', 'distinct_colors', 'draw_bev']

__getattr__ = moved(
    __name__, dict.fromkeys(('draw_learning_curves', 'read_losses'), 'mmdet3d.report')
)
