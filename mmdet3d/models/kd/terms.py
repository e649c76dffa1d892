"""Read ``kd_cfg``: which features are distilled, and by which loss."""

import inspect
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDLoss
from mmdet3d.models.kd.option_types import require_type
from mmdet3d.utils.shown import shown

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

    def build(self, teacher_channels: int, student_channels: int) -> KDLoss:
        """Build the loss for the two widths that the networks have at this feature."""
        options = {key: value for key, value in self.loss.items() if key != 'type'}
        return KD_LOSSES.get(self.loss['type'])(teacher_channels, student_channels, **options)

    def pair(self, student: Mapping, teacher: Mapping) -> tuple[Any, Any]:
        """Pick this term's feature from what student and teacher published on a batch.

        Raises:
            ValueError: if the two differ in more than their width.
        """
        ours, theirs = (
            features[self.feature] if self.level is None else features[self.feature][self.level]
            for features in (student, teacher)
        )
        if _shape_but_width(ours) != _shape_but_width(theirs):
            raise ValueError(
                f'kd_cfg term {self.name} compares {self.feature} of shape {_shape(ours)} in '
                f'the student with {_shape(theirs)} in the teacher, but only the width may '
                'differ: give both configs the same voxel_layer, strides and anchors'
            )
        return ours, theirs


def _shape(feature: Any) -> Any:
    """The shape of a tensor, and of every tensor in a tuple or a list."""
    if isinstance(feature, Tensor):
        return tuple(feature.shape)
    return feature if feature is None else [_shape(each) for each in feature]


def _shape_but_width(feature: Any) -> Any:
    """The same without a feature's second number, its width; outputs have to agree in all."""
    shape = _shape(feature)
    return (shape[0], *shape[2:]) if isinstance(feature, Tensor) else shape


def parse_kd_cfg(
    kd_cfg: Mapping[str, Any] | None,
    features: Mapping[str, FeatureKind],
    types: Mapping[str, Mapping[str, dict]],
) -> dict[str, KDTerm]:
    """Check a ``kd_cfg`` and expand it to terms.

    The released configs have a ``type`` and flat keys (``num_voxels``, ``kneighbours``, ...). The
    type stands for terms with their losses, and each flat key goes to the losses that have such an
    option. ``terms`` adds further ones, each
    ``dict(feature=..., level=..., loss=dict(type=..., ...))``.

    Args:
        kd_cfg: the section of the config, or None.
        features: the features that the detector publishes, by name.
        types: for each ``type``, its terms by name.

    Returns:
        the terms by name; none without a ``kd_cfg``.

    Raises:
        ValueError: for an unknown key, feature, type or loss, for a loss that does not take such a
            feature, an option that is not what it can be, and a name that a term cannot have; it
            says what is allowed.
    """
    if kd_cfg is None:
        return {}
    _check_section('kd_cfg', kd_cfg)
    flat = dict(kd_cfg)
    added = flat.pop('terms', None)
    added = {} if added is None else added
    _check_section('kd_cfg.terms', added)
    terms = {name: _as_term(f'kd_cfg.terms.{_key(name)}', term) for name, term in added.items()}
    if 'type' in flat:
        kd_type = flat.pop('type')
        _check_choice('kd_cfg.type', kd_type, types)
        terms = {**_standard_terms(types[kd_type], flat), **terms}
    elif flat:
        raise ValueError(f'kd_cfg has {_names(flat)} without a type, one of {sorted(types)}')
    if not terms:
        raise ValueError(f'kd_cfg names no term: give it a type ({sorted(types)}) or terms')
    places = {name: f'kd_cfg.terms.{_key(name)}' if name in added else 'kd_cfg' for name in terms}
    return {name: _parse_term(places[name], name, terms[name], features) for name in terms}


def _standard_terms(terms: Mapping[str, dict], flat: Mapping[str, Any]) -> dict[str, dict]:
    """Give each loss of a type the flat keys that it has an option for."""
    options = {name: _options(term['loss']['type']) for name, term in terms.items()}
    known = list(dict.fromkeys(option for each in options.values() for option in each))
    _check_keys('kd_cfg', flat, ['type', *known, 'terms'])
    return {
        name: {
            **term,
            'loss': {**term['loss'], **{k: v for k, v in flat.items() if k in options[name]}},
        }
        for name, term in terms.items()
    }


def sum_terms(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``loss_kd``, the sum of the terms, and with several of them each as ``kd_NAME``."""
    parts = {f'kd_{name}': loss.detach() for name, loss in losses.items()}
    total: Any = sum(losses.values())
    return {'loss_kd': total, **(parts if len(losses) > 1 else {})}


def _as_term(where: str, term: Any) -> dict:
    _check_section(where, term)
    if 'loss' in term:
        _check_section(f'{where}.loss', term['loss'])
    return dict(term)


def _parse_term(where: str, name: str, term: dict, features: Mapping[str, FeatureKind]) -> KDTerm:
    _check_name(where, name)
    _check_keys(where, term, ['feature', 'level', 'loss'])
    if 'feature' not in term or 'loss' not in term:
        raise ValueError(f'{where} needs feature and loss, got {_names(term)}')
    _check_choice(f'{where}.feature', term['feature'], features)
    require_type(f'{where}.level', term.get('level'), int | None)
    loss = dict(term['loss'])
    _check_choice(f'{where}.loss.type', loss.get('type'), KD_LOSSES.module_dict)
    _check_options(where, loss)
    _check_kind(where, term['feature'], features, loss['type'])
    return KDTerm(name, term['feature'], term.get('level'), loss)


def _check_options(where: str, loss: dict) -> None:
    options = {name: value for name, value in loss.items() if name != 'type'}
    if where != 'kd_cfg':  # the flat keys of a type are its own
        where = f'{where}.loss'
    _check_keys(where, loss, ['type', *_options(loss['type'])])
    kind = KD_LOSSES.get(loss['type'])
    if not issubclass(kind, KDLoss):  # a loss without this project's base class judges for itself
        return
    try:
        kind.check_options(options)
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from error


def _check_section(where: str, given: Any) -> None:
    if not isinstance(given, Mapping):
        raise ValueError(f'{where}={shown(given)}: expected a section, dict(...)')


def _check_name(where: str, name: Any) -> None:
    if not isinstance(name, str):
        raise ValueError(f'{where}: {shown(name)} cannot name a term; take a plain word')
    if 'loss' in name:
        raise ValueError(
            f'{where}: a name with "loss" in it would be added to the total a second time in the '
            'log; call it something else'
        )
    if not name.isidentifier() or hasattr(nn.ModuleDict(), name):
        raise ValueError(
            f'{where}: {name!r} cannot name a term; take a plain word of letters, digits and _ '
            'that is no attribute of a torch module'
        )


def _check_kind(
    where: str, feature: str, features: Mapping[str, FeatureKind], loss_type: str
) -> None:
    takes = KD_LOSSES.get(loss_type).takes
    if features[feature] not in takes:
        fitting = [name for name, kind in features.items() if kind in takes]
        raise ValueError(
            f'{where}: {loss_type} does not take {features[feature].value}, such as {feature}; '
            f'it takes {sorted(kind.value for kind in takes)}, here {fitting}'
        )


def _options(loss_type: str) -> list[str]:
    signature = inspect.signature(KD_LOSSES.get(loss_type).__init__)
    return [name for name in signature.parameters if name not in _FROM_NETWORKS]


def _check_keys(where: str, given: Mapping[str, Any], allowed: Collection[str]) -> None:
    unknown = _names(set(given) - set(allowed))
    if unknown:
        raise ValueError(f'{where} has unknown keys {unknown}: allowed are {list(allowed)}')


def _check_choice(where: str, given: Any, allowed: Collection[str]) -> None:
    if not isinstance(given, str) or given not in allowed:
        raise ValueError(f'{where}={shown(given)}: allowed are {sorted(allowed)}')


def _key(key: Any) -> str:
    return key if isinstance(key, str) else shown(key)


def _names(keys: Iterable[Any]) -> list[str]:
    """Sort keys, which may be of any kind, as text."""
    return sorted(map(_key, keys))
