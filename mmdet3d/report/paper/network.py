"""What a config alone says of a network: which detector, how large, how much smaller."""

import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import mmcv

from mmdet3d.models import build_model
from mmdet3d.report.complexity import measure_complexity
from mmdet3d.utils.config import load_config

_BY_MIDDLE_ENCODER = {'PointPillarsScatter': 'PointPillars', 'SparseEncoder': 'SECOND'}
# What can go wrong with a config whose parts this project does not have.
_FOREIGN = (KeyError, ValueError, TypeError, AttributeError, ImportError, FileNotFoundError)


@dataclass(frozen=True)
class Size:
    """How large a network is.

    Attributes:
        parameters: number of its parameters.
        multiply_adds: on one frame.
    """

    parameters: int
    multiply_adds: float


def detector_of(cfg: mmcv.Config | None) -> str:
    """Return what the paper calls a detector, or its type; ``'?'`` without a config."""
    if cfg is None:
        return '?'
    model = cfg.model
    encoder = model.get('middle_encoder') or model.get('pts_middle_encoder') or {}
    return _BY_MIDDLE_ENCODER.get(encoder.get('type', ''), model.get('type', '?'))


class Ruler:
    """Measures networks, each once."""

    def __init__(self) -> None:
        self._sizes: dict[str, Size | None] = {}
        self._parameters: dict[str, int | None] = {}

    def size(self, cfg: mmcv.Config | None) -> Size | None:
        """Return the size of a config's detector; None, with a warning, if it cannot be built."""
        if cfg is None:
            return None
        key = json.dumps([_network(cfg), cfg.data.test], sort_keys=True, default=str)
        if key not in self._sizes:
            self._sizes[key] = _measure(cfg)
        return self._sizes[key]

    def teacher_parameters(self, cfg: mmcv.Config | None) -> int | None:
        """Return the number of parameters of the teacher that a config names.

        Returns:
            None where it names none, and with a warning where that cannot be built.
        """
        path = ((cfg or {}).get('teacher') or {}).get('config')
        if path is None:
            return None
        if path not in self._parameters:
            self._parameters[path] = _count(path)
        return self._parameters[path]


def _network(cfg: mmcv.Config) -> Mapping:
    """The model without what is for training alone."""
    return {key: value for key, value in cfg.model.items() if key != 'train_cfg'}


def _measure(cfg: mmcv.Config) -> Size | None:
    try:
        complexity = measure_complexity(deepcopy(cfg))
    except _FOREIGN as error:
        warnings.warn(f'{cfg.filename}: its size is not known: {error}', stacklevel=3)
        return None
    return Size(complexity.parameters, complexity.multiply_adds)


def _count(path: str) -> int | None:
    try:
        model = build_model(load_config(path).model)
    except _FOREIGN as error:
        warnings.warn(f'{path}: the size of the teacher is not known: {error}', stacklevel=3)
        return None
    return sum(parameter.numel() for parameter in model.parameters())
