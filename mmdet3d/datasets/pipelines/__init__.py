"""Steps that turn a frame on disk into the tensors a detector takes.

All random draws come from numpy's and torch's global generators, which training seeds in every
worker of a data loader.
"""

from mmdet.datasets.pipelines import Compose

from mmdet3d.datasets.pipelines.collect import Collect3D
from mmdet3d.datasets.pipelines.dbsampler import BatchSampler, DataBaseSampler
from mmdet3d.datasets.pipelines.format_bundle import DefaultFormatBundle3D
from mmdet3d.datasets.pipelines.global_rot_scale_trans import GlobalRotScaleTrans
from mmdet3d.datasets.pipelines.load_annotations import LoadAnnotations3D
from mmdet3d.datasets.pipelines.load_points import LoadPointsFromFile
from mmdet3d.datasets.pipelines.load_sweeps import LoadPointsFromMultiSweeps
from mmdet3d.datasets.pipelines.object_filters import ObjectNameFilter, ObjectRangeFilter
from mmdet3d.datasets.pipelines.object_noise import ObjectNoise
from mmdet3d.datasets.pipelines.object_sample import ObjectSample
from mmdet3d.datasets.pipelines.point_sample import PointSample
from mmdet3d.datasets.pipelines.point_steps import PointShuffle, PointsRangeFilter
from mmdet3d.datasets.pipelines.random_flip import RandomFlip3D
from mmdet3d.datasets.pipelines.test_time_aug import MultiScaleFlipAug3D

__all__ = [
    'BatchSampler',
    'Collect3D',
    'Compose',
    'DataBaseSampler',
    'DefaultFormatBundle3D',
    'GlobalRotScaleTrans',
    'LoadAnnotations3D',
    'LoadPointsFromFile',
    'LoadPointsFromMultiSweeps',
    'MultiScaleFlipAug3D',
    'ObjectNameFilter',
    'ObjectNoise',
    'ObjectRangeFilter',
    'ObjectSample',
    'PointSample',
    'PointShuffle',
    'PointsRangeFilter',
    'RandomFlip3D',
]
