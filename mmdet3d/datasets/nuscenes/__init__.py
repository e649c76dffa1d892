"""Reading nuScenes, converting it for training and evaluation, and its official metric."""

from mmdet3d.datasets.nuscenes.classes import CLASSES, attributes_of
from mmdet3d.datasets.nuscenes.create import NuScenesSummary, create_nuscenes_data
from mmdet3d.datasets.nuscenes.dataset import NuScenesDataset
from mmdet3d.datasets.nuscenes.devkit import (
    SPLITS,
    open_tables,
    require_devkit,
)
from mmdet3d.datasets.nuscenes.evaluation import evaluate_file, figures_of, report
from mmdet3d.datasets.nuscenes.infos import sample_info
from mmdet3d.datasets.nuscenes.old_infos import has_old_boxes, with_new_boxes
from mmdet3d.datasets.nuscenes.results import map_boxes, sample_results, write_results

__all__ = [
    'CLASSES',
    'SPLITS',
    'NuScenesDataset',
    'NuScenesSummary',
    'attributes_of',
    'create_nuscenes_data',
    'evaluate_file',
    'figures_of',
    'has_old_boxes',
    'map_boxes',
    'open_tables',
    'report',
    'require_devkit',
    'sample_info',
    'sample_results',
    'with_new_boxes',
    'write_results',
]
