"""The distillation losses, a file each."""

from mmdet3d.models.kd.losses.attention_non_local import AttentionNonLocal
from mmdet3d.models.kd.losses.attention_transfer import AttentionTransfer
from mmdet3d.models.kd.losses.consistency import Consistency
from mmdet3d.models.kd.losses.crd import CRD
from mmdet3d.models.kd.losses.fit_nets import FitNets
from mmdet3d.models.kd.losses.head_logits import HeadLogits
from mmdet3d.models.kd.losses.local_graph import LocalGraph
from mmdet3d.models.kd.losses.overhaul import Overhaul
from mmdet3d.models.kd.losses.pearson_feature import PearsonFeature
from mmdet3d.models.kd.losses.similarity_preserving import SimilarityPreserving

__all__ = [
    'CRD',
    'AttentionNonLocal',
    'AttentionTransfer',
    'Consistency',
    'FitNets',
    'HeadLogits',
    'LocalGraph',
    'Overhaul',
    'PearsonFeature',
    'SimilarityPreserving',
]
