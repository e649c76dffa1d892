"""How a student was distilled, in the terms of ``kd_cfg``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mmcv

from mmdet3d.models.builder import DETECTORS
from mmdet3d.models.kd.terms import KDTerm, parse_kd_cfg

PAPER = 'LocalGraph'
_ABLATED = {'local': True, 'reweight': 'softmax'}  # with the defaults of LocalGraph


@dataclass(frozen=True)
class Method:
    """What a student learned by.

    Attributes:
        losses: each once, with what it has instead of the paper's setting; none of a plain student.
        is_local: whether neighbourhoods are compared.
        is_reweighted: whether what is distilled is weighed.
    """

    losses: tuple[str, ...] = ()
    is_local: bool = False
    is_reweighted: bool = False

    @property
    def name(self) -> str:
        """All losses in one text; ``'none'`` without any."""
        return ' + '.join(self.losses) or 'none'

    @property
    def is_plain(self) -> bool:
        """Whether nothing is distilled."""
        return not self.losses

    @property
    def is_paper(self) -> bool:
        """Whether it is the method of the paper alone."""
        return self.losses == (PAPER,)

    @property
    def is_ablation(self) -> bool:
        """Whether it is the method of the paper without one of its halves, or without both."""
        halves = bool(self.losses) and not self.is_paper
        return halves and all(each.startswith(PAPER) for each in self.losses)


def read_method(cfg: mmcv.Config | None, is_distilled: bool) -> Method:
    """Tell the method of a run.

    Args:
        cfg: its config; of one without ``kd_cfg``, as of the released project's nuScenes students,
            the method is the paper's.
        is_distilled: whether the run learned from a teacher.

    Raises:
        ValueError: if the ``kd_cfg`` cannot be read.
    """
    if not is_distilled:
        return Method()
    model = {} if cfg is None else cfg.model
    kd_cfg = (model.get('train_cfg') or {}).get('kd_cfg')
    detector = DETECTORS.get(model.get('type', ''))
    if not kd_cfg or detector is None:
        return Method((PAPER,), True, True)
    terms = parse_kd_cfg(kd_cfg, detector.kd_features, detector.kd_types)
    standard = {}
    if 'type' in kd_cfg:
        alone = {'type': kd_cfg['type']}
        standard = parse_kd_cfg(alone, detector.kd_features, detector.kd_types)
    return _method_of(terms, standard)


def _method_of(terms: Mapping[str, KDTerm], standard: Mapping[str, KDTerm]) -> Method:
    names = [_describe(term.loss, _default(standard.get(name))) for name, term in terms.items()]
    graphs = [term.loss for term in terms.values() if term.loss['type'] == PAPER]
    return Method(
        tuple(dict.fromkeys(names)),
        any(loss.get('local', True) for loss in graphs),
        any(loss.get('reweight', 'softmax') != 'none' for loss in graphs),
    )


def _default(term: KDTerm | None) -> dict[str, Any]:
    return _ABLATED if term is None else {**_ABLATED, **term.loss}


def _describe(loss: Mapping[str, Any], default: Mapping[str, Any]) -> str:
    changed = [
        f'{key}={loss[key]!r}'
        for key in _ABLATED
        if loss['type'] == PAPER and loss.get(key, default[key]) != default[key]
    ]
    return loss['type'] + (f'({", ".join(changed)})' if changed else '')
