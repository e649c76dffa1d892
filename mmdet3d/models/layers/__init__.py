"""Layers that several networks are made of."""

from mmdet3d.models.layers.builder import LAYERS, build_layer
from mmdet3d.models.layers.feature_propagation import PointFPModule
from mmdet3d.models.layers.linear_norm import scale_and_shift, track_statistics
from mmdet3d.models.layers.map_norm import BatchNorm2d
from mmdet3d.models.layers.merged_conv import convolve_all
from mmdet3d.models.layers.point_rows import row_layers, run_rows
from mmdet3d.models.layers.pointwise import PointwiseLinear, make_pointwise_mlp
from mmdet3d.models.layers.roi_point_pool import RoIPointPool3d
from mmdet3d.models.layers.set_abstraction import PointSAModule, PointSAModuleMSG
from mmdet3d.models.layers.sync_norm import (
    NaiveSyncBatchNorm1d,
    NaiveSyncBatchNorm2d,
    is_plain_batch_norm,
    waits_for_others,
)
from mmdet3d.models.layers.tile_deconv import ConvTranspose2d
from mmdet3d.models.layers.watching import is_watched

__all__ = [
    'LAYERS',
    'BatchNorm2d',
    'ConvTranspose2d',
    'NaiveSyncBatchNorm1d',
    'NaiveSyncBatchNorm2d',
    'PointFPModule',
    'PointSAModule',
    'PointSAModuleMSG',
    'PointwiseLinear',
    'RoIPointPool3d',
    'build_layer',
    'convolve_all',
    'is_plain_batch_norm',
    'is_watched',
    'make_pointwise_mlp',
    'row_layers',
    'run_rows',
    'scale_and_shift',
    'track_statistics',
    'waits_for_others',
]
