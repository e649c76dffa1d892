"""Read ``kd_cfg``: which features are distilled, and by which loss."""

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mmcv.utils import Registry
from torch import Tensor, nn

KD_LOSSES = Registry('distillation loss')
"""Distillation losses: modules made as ``cls(teacher_channels, student_channels, **options)``."""

_FROM_NETWORKS = ('self', 'teacher_channels', 'student_channels')


@dataclass(frozen=True)
class KDTerm:
    """One term of the distillation loss.

    Attributes:
        name: how the log and the errors call it.
        feature: the published feature that it compares.
        level: which map of that feature, where it is a list of maps.
        loss: the loss's options, with its ``type``.
    """

    name: str
    feature: str
    level: int | None
    loss: dict

    def build(self, teacher_channels: int, student_channels: int) -> nn.Module:
        """Build the loss for the two widths that the networks have at this feature."""
        options = {key: value for key, value in self.loss.items() if key != 'type'}
        return KD_LOSSES.get(self.loss['type'])(teacher_channels, student_channels, **options)

    def pair(self, student: Mapping, teacher: Mapping) -> tuple[Tensor, Tensor]:
        """Pick this term's feature from what student and teacher published on a batch.

        Raises:
            ValueError: if the two differ in more than their width.
        """
        ours, theirs = (
            features[self.feature] if self.level is None else features[self.feature][self.level]
            for features in (student, teacher)
        )
        if (len(ours), ours.shape[2:]) != (len(theirs), theirs.shape[2:]):
            raise ValueError(
                f'kd_cfg term {self.name} compares {self.feature} of shape {tuple(ours.shape)} in '
                f'the student with {tuple(theirs.shape)} in the teacher, but only the second '
                'number may differ: give both configs the same voxel_layer and strides'
            )
        return ours, theirs


def parse_kd_cfg(
    kd_cfg: Mapping[str, Any] | None,
    features: Collection[str],
    types: Mapping[str, Mapping[str, dict]],
) -> dict[str, KDTerm]:
    """Check a ``kd_cfg`` and expand it to terms.

    The flat keys of the released configs (``type``, ``num_voxels``, ``kneighbours``, ...) say which
    standard terms a detector distils and give the options of their ``LocalGraph`` losses; ``terms``
    adds further ones, each ``dict(feature=..., level=..., loss=dict(type=..., ...))``.

    Args:
        kd_cfg: the section of the config, or None.
        features: names of the features that the detector publishes.
        types: for each ``type``, its terms by name, as dicts of ``feature``, ``level`` and options
            of the loss where they differ from its defaults.

    Returns:
        The terms by name; none without a ``kd_cfg``.

    Raises:
        ValueError: for an unknown key, feature, type or loss; it says what is allowed.
    """
    if kd_cfg is None:
        return {}
    flat = dict(kd_cfg)
    described = {name: dict(term) for name, term in flat.pop('terms', {}).items()}
    options = _options('LocalGraph')
    _check_keys('kd_cfg', flat, ['type', *options], also=['terms'])
    if 'type' in flat:
        kd_type = flat.pop('type')
        _check_choice('kd_cfg.type', kd_type, types)
        standard = {
            name: {**term, 'loss': {'type': 'LocalGraph', **term.get('loss', {}), **flat}}
            for name, term in types[kd_type].items()
        }
        described = {**standard, **described}
    elif flat:
        raise ValueError(f'kd_cfg has {sorted(flat)} without a type, one of {sorted(types)}')
    if not described:
        raise ValueError(f'kd_cfg names no term: give it a type ({sorted(types)}) or terms')
    return {name: _parse_term(name, term, features) for name, term in described.items()}


def sum_terms(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``loss_kd``, the sum of the terms, and with several of them each as ``kd_NAME``."""
    parts = {f'kd_{name}': loss.detach() for name, loss in losses.items()}
    return {'loss_kd': sum(losses.values()), **(parts if len(losses) > 1 else {})}


def _parse_term(name: str, term: dict, features: Collection[str]) -> KDTerm:
    where = f'kd_cfg.terms.{name}'
    _check_keys(where, term, ['feature', 'level', 'loss'])
    if 'feature' not in term or 'loss' not in term:
        raise ValueError(f'{where} needs feature and loss, got {sorted(term)}')
    _check_choice(f'{where}.feature', term['feature'], features)
    loss = dict(term['loss'])
    _check_choice(f'{where}.loss.type', loss.get('type'), KD_LOSSES.module_dict)
    _check_keys(f'{where}.loss', loss, ['type', *_options(loss['type'])])
    return KDTerm(name, term['feature'], term.get('level'), loss)


def _options(loss_type: str) -> list[str]:
    signature = inspect.signature(KD_LOSSES.get(loss_type).__init__)
    return [name for name in signature.parameters if name not in _FROM_NETWORKS]


def _check_keys(
    where: str, given: Mapping[str, Any], allowed: Collection[str], also: Collection[str] = ()
) -> None:
    unknown = sorted(set(given) - set(allowed) - set(also))
    if unknown:
        raise ValueError(f'{where} has unknown keys {unknown}: allowed are {[*allowed, *also]}')


def _check_choice(where: str, given: Any, allowed: Collection[str]) -> None:
    if given not in allowed:
        raise ValueError(f'{where}={given!r}: allowed are {sorted(allowed)}')
