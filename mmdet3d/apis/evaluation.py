"""Data sets to be tested, and whether they can be evaluated, before anything is detected."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import mmcv

from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.evaluation_checks import option_names
from mmdet3d.datasets.ranges import range_of_detector
from mmdet3d.utils.names import near_misses
from mmdet3d.utils.writable import prepare_folder
from mmdet_patched.apis import HOOK_SETTINGS, check_evaluation_hook, split_evaluation


def build_tested(cfg: mmcv.Config, section: str = 'test') -> Any:
    """Build what is to be tested, and tell it what range the detector looks at.

    Args:
        cfg: the config.
        section: ``'test'`` or ``'val'``.

    Returns:
        the data set, or several of them joined.

    Raises:
        ValueError: if the config has no such section, or the data set no frame.
    """
    if cfg.data.get(section) is None:
        raise ValueError(
            f'data.{section} is not in {cfg.filename or "the config"}: set it'
            + (', or train with --no-validate' if section == 'val' else '')
        )
    dataset = build_dataset(cfg.data[section], {'test_mode': True})
    for part in parts_of(dataset):
        if hasattr(part, 'detection_range'):
            part.detection_range = range_of_detector(cfg) or part.detection_range
            part.check_first_cloud()
    return dataset


def parts_of(dataset: Any) -> list[Any]:
    """Return the data sets that are joined in one, or the one alone."""
    return list(getattr(dataset, 'datasets', [dataset]))


def check_evaluation(
    dataset: Any, metric: str | Sequence[str] | None, options: Mapping[str, Any]
) -> None:
    """Refuse what the evaluation of a data set would fail on; see its ``check_evaluation``.

    Args:
        dataset: from :func:`build_tested`.
        metric: what to evaluate; None for what the data set takes without one.
        options: further arguments of ``evaluate``.

    Raises:
        ValueError: if it has no evaluation, or as its own check says.
    """
    _require(dataset, 'evaluate')
    for part in parts_of(dataset):
        if hasattr(part, 'check_evaluation'):
            part.check_evaluation(**{} if metric is None else {'metric': metric}, **options)


def check_format(dataset: Any, options: Mapping[str, Any]) -> None:
    """Refuse what writing detections in a data set's own format would fail on.

    Args:
        dataset: from :func:`build_tested`.
        options: arguments of ``format_results``.

    Raises:
        ValueError: if it has no format, or as its own check says.
    """
    if hasattr(dataset, 'check_format'):
        dataset.check_format(**options)
    else:
        _require(dataset, 'format_results')


def _require(dataset: Any, method: str) -> None:
    if not hasattr(dataset, method):
        raise ValueError(
            f'a {type(dataset).__name__} has no {method}: name a data set itself, with one '
            'annotation file, without a wrapper'
        )


def check_validation_settings(cfg: mmcv.Config, dataset: Any) -> None:
    """Refuse what the evaluation during training would fail on, and complete ``save_best``.

    ``save_best='auto'`` becomes the name of the data set's main figure, and ``rule`` what is better
    of the figure. ``metric`` and further arguments of ``evaluate`` are checked by the data set.

    Args:
        cfg: the config, whose ``evaluation`` is changed.
        dataset: from :func:`build_tested`.

    Raises:
        ValueError: if a setting is unknown, or is not what it can be.
        OSError: if a place that one names cannot be written to.
    """
    hook, options = split_evaluation(cfg.get('evaluation') or {})
    metric = options.pop('metric', None)
    _require(dataset, 'evaluate')
    _refuse_unknown(dataset, options)
    check_evaluation_hook(hook)
    check_evaluation(dataset, metric, options)
    if hook.get('out_dir') is not None:
        prepare_folder(hook['out_dir'], 'evaluation.out_dir')
    if hook.get('save_best') is not None:
        cfg.evaluation.update(_best(cfg, dataset, hook))


def _refuse_unknown(dataset: Any, options: Mapping[str, Any]) -> None:
    """Refuse a setting that neither the hook nor the data set has, or is the hook's misspelt."""
    known = option_names(parts_of(dataset)[0].evaluate)
    for name in options:
        close = difflib.get_close_matches(name, HOOK_SETTINGS, n=1, cutoff=0.8)
        if name not in (known or ()) and (known is not None or close):
            names = sorted({*HOOK_SETTINGS, 'metric', *(known or ())})
            raise ValueError(f'evaluation.{name} is no setting: {near_misses(name, names)}')


def _best(cfg: mmcv.Config, dataset: Any, hook: Mapping[str, Any]) -> dict[str, str]:
    """Return ``save_best`` and ``rule`` in full."""
    wanted, rule = hook['save_best'], hook.get('rule')
    rules = _figure_rules(cfg, dataset)
    if not rules:
        if rule is None:
            raise ValueError(
                f'evaluation.save_best={wanted!r}: {type(dataset).__name__} does not say what is '
                "better; set evaluation.rule to 'greater' or 'less'"
            )
        return {'save_best': wanted, 'rule': rule}
    name = next(iter(rules)) if wanted == 'auto' else wanted
    if name not in rules:
        raise ValueError(
            f'evaluation.save_best={wanted!r} is no figure of the evaluation: '
            f"{near_misses(wanted, rules)} ('auto' takes {next(iter(rules))})"
        )
    return {'save_best': name, 'rule': rule or rules[name]}


def _figure_rules(cfg: mmcv.Config, dataset: Any) -> dict[str, str]:
    """Name the figures as mmdet does: with a number for each of several data sets."""
    branch = 'pts_bbox' if 'pts_bbox_head' in cfg.model else ''
    parts = parts_of(dataset)
    listed = [part.figure_rules(branch) if hasattr(part, 'figure_rules') else {} for part in parts]
    if len(parts) == 1 or not getattr(dataset, 'separate_eval', True):
        return listed[0]
    return {f'{i}_{name}': rule for i, each in enumerate(listed) for name, rule in each.items()}
