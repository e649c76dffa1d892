"""Data sets, the steps their frames go through, and the builders of both."""

from mmdet3d.datasets.builder import (
    DATASETS,
    OBJECTSAMPLERS,
    PIPELINES,
    build_dataloader,
    build_dataset,
)
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.dataset_wrappers import CBGSDataset
from mmdet3d.datasets.kitti.dataset import KittiDataset
from mmdet3d.datasets.mixed import MixedDataset
from mmdet3d.datasets.nuscenes.dataset import NuScenesDataset
from mmdet3d.datasets.pipelines import (
    BatchSampler,
    Collect3D,
    Compose,
    DataBaseSampler,
    DefaultFormatBundle3D,
    GlobalRotScaleTrans,
    LoadAnnotations3D,
    LoadPointsFromFile,
    LoadPointsFromMultiSweeps,
    MultiScaleFlipAug3D,
    ObjectNameFilter,
    ObjectNoise,
    ObjectRangeFilter,
    ObjectSample,
    PointSample,
    PointShuffle,
    PointsRangeFilter,
    RandomFlip3D,
)
from mmdet3d.datasets.table_columns import TableColumn

__all__ = [
    'DATASETS',
    'OBJECTSAMPLERS',
    'PIPELINES',
    'BatchSampler',
    'CBGSDataset',
    'Collect3D',
    'Compose',
    'Custom3DDataset',
    'DataBaseSampler',
    'DefaultFormatBundle3D',
    'GlobalRotScaleTrans',
    'KittiDataset',
    'LoadAnnotations3D',
    'LoadPointsFromFile',
    'LoadPointsFromMultiSweeps',
    'MixedDataset',
    'MultiScaleFlipAug3D',
    'NuScenesDataset',
    'ObjectNameFilter',
    'ObjectNoise',
    'ObjectRangeFilter',
    'ObjectSample',
    'PointSample',
    'PointShuffle',
    'PointsRangeFilter',
    'RandomFlip3D',
    'TableColumn',
    'build_dataloader',
    'build_dataset',
]
