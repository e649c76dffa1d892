"""The settings of training and testing, whose keys and values no constructor judges."""

import math
from collections.abc import Mapping
from typing import Any

from mmdet3d.utils.keywords import check_keys

_ANCHORS_TRAIN = (
    'assigner', 'sampler', 'allowed_border', 'pos_weight', 'code_weight', 'debug', 'kd_cfg',
)  # fmt: skip
_ANCHORS_TEST = (
    'use_rotate_nms', 'nms_across_levels', 'nms_pre', 'nms_thr', 'score_thr', 'min_bbox_size',
    'max_num',
)  # fmt: skip
_ANCHORS_NEED = ('use_rotate_nms', 'nms_thr', 'score_thr', 'max_num')
_PROPOSALS = ('nms_cfg', 'score_thr')
_NMS = ('use_rotate_nms', 'iou_thr', 'nms_pre', 'nms_post')
_SECOND_TRAIN = ('assigner', 'sampler', 'cls_pos_thr', 'cls_neg_thr')
_SECOND_TEST = ('use_rotate_nms', 'nms_thr', 'score_thr')
_SWITCHES = ('use_rotate_nms', 'nms_across_levels', 'debug')
_SHARES = ('nms_thr', 'iou_thr', 'cls_pos_thr', 'cls_neg_thr')
_COUNTS = ('nms_pre', 'nms_post', 'max_num')
_OVERLAPS = ('pos_iou_thr', 'neg_iou_thr', 'min_pos_iou')


def check_anchor_phases(key: str, train_cfg: Mapping | None, test_cfg: Mapping | None) -> None:
    """Check the keys of an anchor head's settings.

    Args:
        key: where those for training stand in the config.
        train_cfg: the settings for training, None or empty where there are none.
        test_cfg: likewise for testing.

    Raises:
        TypeError: if a key is not known.
        ValueError: if one is missing.
    """
    if train_cfg:
        _check(key, train_cfg, _ANCHORS_TRAIN, ('assigner',))
    if test_cfg:
        _check(key.replace('train_cfg', 'test_cfg'), test_cfg, _ANCHORS_TEST, _ANCHORS_NEED)


def check_point_phases(train_cfg: Mapping | None, test_cfg: Mapping | None) -> None:
    """Check the keys of PointRCNN's settings.

    Args:
        train_cfg: the settings for training, None where there are none.
        test_cfg: likewise for testing.

    Raises:
        TypeError: if a key is not known.
        ValueError: if one is missing.
    """
    stages = 'rpn', 'rcnn'
    if train_cfg is not None:
        _check('model.train_cfg', train_cfg, (*stages, 'pos_distance_thr', 'kd_cfg'), stages)
        _check_proposals('model.train_cfg.rpn', train_cfg['rpn'])
        _check('model.train_cfg.rcnn', train_cfg['rcnn'], _SECOND_TRAIN, _SECOND_TRAIN)
    if test_cfg is not None:
        _check('model.test_cfg', test_cfg, stages, stages)
        _check_proposals('model.test_cfg.rpn', test_cfg['rpn'])
        _check('model.test_cfg.rcnn', test_cfg['rcnn'], _SECOND_TEST, _SECOND_TEST)


def _check_proposals(key: str, cfg: Mapping) -> None:
    _check(key, cfg, _PROPOSALS, _PROPOSALS)
    _check(f'{key}.nms_cfg', cfg['nms_cfg'], _NMS, _NMS)


def _check(key: str, cfg: Any, known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    if not isinstance(cfg, Mapping):
        raise ValueError(f'{key}={cfg!r}: expected a section, dict(...)')
    check_keys(key, cfg, known)
    missing = [name for name in needed if name not in cfg]
    if missing:
        raise ValueError(f'{key} has no {", ".join(missing)}: it needs {", ".join(needed)}')
    for name, value in cfg.items():
        _check_value(f'{key}.{name}', name, value)
    _check_assigners(f'{key}.assigner', cfg.get('assigner'))


def _check_value(key: str, name: str, value: Any) -> None:
    if name in _SWITCHES and not isinstance(value, bool):
        raise ValueError(f'{key}={value!r}: expected True or False')
    if name in _COUNTS and (type(value) is not int or value == 0 or value < -1):
        raise ValueError(f'{key}={value!r}: expected a whole number above 0, or -1 for all')
    if name in _SHARES and not _is_share(value):
        raise ValueError(f'{key}={value!r}: expected a number from 0 to 1')
    # Proposals may be without a least score; one above 1 lets nothing through.
    if name == 'score_thr' and value is not None and not _is_number(value):
        raise ValueError(f'{key}={value!r}: expected a number')


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _check_assigners(key: str, assigners: Any) -> None:
    """The overlaps from which an object is assigned, and up to which nothing is."""
    if isinstance(assigners, (list, tuple)):
        for i, each in enumerate(assigners):
            _check_assigners(f'{key}.{i}', each)
    elif isinstance(assigners, Mapping):
        shares = {name: assigners[name] for name in _OVERLAPS if name in assigners}
        for name, value in shares.items():
            if not _is_share(value):
                raise ValueError(f'{key}.{name}={value!r}: expected a number from 0 to 1')
        positive, negative = shares.get('pos_iou_thr'), shares.get('neg_iou_thr')
        if positive is not None and negative is not None and negative > positive:
            raise ValueError(
                f'{key}.neg_iou_thr={negative} is above {key}.pos_iou_thr={positive}: what '
                'overlaps by less than the first is background, by more than the second an object'
            )
