"""Pictures, saved without a screen."""

from mmdet3d.core.visualizer.bev import draw_bev
from mmdet3d.core.visualizer.camera import CameraView, draw_cameras, project_lines
from mmdet3d.core.visualizer.colors import distinct_colors
from mmdet3d.core.visualizer.layers import BoxLayer, wireframes
from mmdet3d.core.visualizer.scene3d import write_scene
from mmdet3d.core.visualizer.values import ValuePanel, draw_values
from mmdet3d.core.visualizer.zoom import draw_object
from mmdet3d.utils.moved import moved

__all__ = [
    'BoxLayer',
    'CameraView',
    'ValuePanel',
    'distinct_colors',
    'draw_bev',
    'draw_cameras',
    'draw_object',
    'draw_values',
    'project_lines',
    'wireframes',
    'write_scene',
]

__getattr__ = moved(
    __name__, dict.fromkeys(('draw_learning_curves', 'read_losses'), 'mmdet3d.report')
)
