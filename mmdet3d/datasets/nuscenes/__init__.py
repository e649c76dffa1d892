"""Reading nuScenes, converting it for training and evaluation, and its official metric."""

from mmdet3d.datasets.nuscenes.classes import CLASSES, attributes_of
from mmdet3d.datasets.nuscenes.create import NuScenesSummary, create_nuscenes_data
from mmdet3d.datasets.nuscenes.devkit import (
    SPLITS,
    NuScenesFormatError,
    open_tables,
    require_devkit,
)
from mmdet3d.datasets.nuscenes.infos import sample_info

__all__ = [
    'CLASSES',
    'SPLITS',
    'NuScenesFormatError',
    'NuScenesSummary',
    'attributes_of',
    'create_nuscenes_data',
    'open_tables',
    'require_devkit',
    'sample_info',
]
