"""Distillation: the losses, their contract, and how a config names them."""

from mmdet3d.models.kd.adapters import GraphAdapter
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss
from mmdet3d.models.kd.losses import LocalGraph
from mmdet3d.models.kd.terms import KDTerm, parse_kd_cfg, sum_terms

__all__ = [
    'KD_LOSSES',
    'FeatureKind',
    'GraphAdapter',
    'KDBatch',
    'KDLoss',
    'KDTerm',
    'LocalGraph',
    'parse_kd_cfg',
    'sum_terms',
]
