"""Pictures of a data set's frames."""

from mmdet3d.datasets.pictures.browsing import browse, browse_augmented
from mmdet3d.datasets.pictures.drawing import KINDS, draw_frame, draw_frames, draw_pictures
from mmdet3d.datasets.pictures.frames import (
    Frame,
    detection_layers,
    frame_name,
    label_name,
    load_frame,
    point_columns,
    truth_layer,
    view_of,
    without_labels,
    without_scores,
)

__all__ = [
    'KINDS',
    'Frame',
    'browse',
    'browse_augmented',
    'detection_layers',
    'draw_frame',
    'draw_frames',
    'draw_pictures',
    'frame_name',
    'label_name',
    'load_frame',
    'point_columns',
    'truth_layer',
    'view_of',
    'without_labels',
    'without_scores',
]
