"""Distillation losses, and how a config names them."""

from mmdet3d.models.kd.local_graph import LocalGraph
from mmdet3d.models.kd.terms import KD_LOSSES, KDTerm, parse_kd_cfg, sum_terms

__all__ = ['KD_LOSSES', 'KDTerm', 'LocalGraph', 'parse_kd_cfg', 'sum_terms']
