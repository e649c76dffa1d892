"""Build networks and their parts from configs, in mmdet's own registry of models.

The class of what is built is the config's choice, so the builders return ``Any``.
"""

import warnings
from typing import Any

from mmcv.utils import ConfigDict
from mmdet.core.anchor.builder import PRIOR_GENERATORS
from mmdet.core.bbox.builder import BBOX_ASSIGNERS, BBOX_CODERS, BBOX_SAMPLERS
from mmdet.core.bbox.iou_calculators.builder import IOU_CALCULATORS
from mmdet.models.builder import BACKBONES, DETECTORS, HEADS, LOSSES, MODELS, NECKS

from mmdet3d.models.layers.builder import LAYERS
from mmdet3d.utils.arguments import check_arguments
from mmdet3d.utils.registry import suggest_names

VOXEL_ENCODERS = MODELS
MIDDLE_ENCODERS = MODELS


def build_backbone(cfg: dict) -> Any:
    """Build a backbone from its config."""
    return BACKBONES.build(cfg)


def build_neck(cfg: dict) -> Any:
    """Build a neck from its config."""
    return NECKS.build(cfg)


def build_head(cfg: dict) -> Any:
    """Build a head from its config."""
    return HEADS.build(cfg)


def build_loss(cfg: dict) -> Any:
    """Build a loss from its config."""
    return LOSSES.build(cfg)


def build_voxel_encoder(cfg: dict) -> Any:
    """Build a voxel encoder from its config."""
    return VOXEL_ENCODERS.build(cfg)


def build_middle_encoder(cfg: dict) -> Any:
    """Build a middle encoder from its config."""
    return MIDDLE_ENCODERS.build(cfg)


def build_detector(cfg: dict, train_cfg: dict | None = None, test_cfg: dict | None = None) -> Any:
    """Build a detector from its config.

    Args:
        cfg: the ``model`` section of a config.
        train_cfg: settings for training, where they stand outside of ``cfg`` (deprecated).
        test_cfg: settings for testing, likewise.

    Returns:
        the detector, its weights not yet initialised.

    Raises:
        KeyError: if a ``type`` is not registered; the message names close ones.
        TypeError: if a section has a key that its class does not take, or lacks one.
        ValueError: if ``train_cfg`` or ``test_cfg`` is given twice, or settings disagree.
    """
    given = {'train_cfg': train_cfg, 'test_cfg': test_cfg}
    cfg = ConfigDict(cfg)
    for key, value in given.items():
        if value is not None and cfg.get(key) is not None:
            raise ValueError(
                f'{key} stands both in the model and outside of it: keep the one in it'
            )
    if any(value is not None for value in given.values()):
        warnings.warn('put train_cfg and test_cfg into the model section', stacklevel=2)
    parts = PRIOR_GENERATORS, BBOX_ASSIGNERS, BBOX_SAMPLERS, BBOX_CODERS, IOU_CALCULATORS
    registries = MODELS, LAYERS, *parts
    check_arguments('model', cfg, registries)
    with suggest_names(*registries):
        return DETECTORS.build(cfg, default_args=given)


def build_model(cfg: dict, train_cfg: dict | None = None, test_cfg: dict | None = None) -> Any:
    """Build a detector from its config; the name that mmdetection3d's tools use."""
    return build_detector(cfg, train_cfg=train_cfg, test_cfg=test_cfg)
