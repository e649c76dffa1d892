"""The settings of ``cfg.evaluation``: some for mmcv's hook, the others for the data set."""

import inspect
from collections.abc import Mapping
from typing import Any

from mmcv.runner import DistEvalHook, EvalHook

from mmcv_patched.parallel.waiting import first_process_awaited
from mmcv_patched.runner import BaseRunner

_NOT_SETTINGS = {'self', 'dataloader', 'test_fn', 'eval_kwargs'}
_RULES = (None, 'greater', 'less')


def _settings_of(hook: type) -> set[str]:
    return set(inspect.signature(hook).parameters) - _NOT_SETTINGS


HOOK_SETTINGS = _settings_of(EvalHook) | _settings_of(DistEvalHook)
_GROUP_ONLY = _settings_of(DistEvalHook) - _settings_of(EvalHook)


class GroupEvalHook(DistEvalHook):
    """mmcv's ``DistEvalHook``; no timeout ends the run while the first process evaluates alone."""

    def _do_evaluate(self, runner: BaseRunner) -> None:
        with first_process_awaited():
            super()._do_evaluate(runner)


def split_evaluation(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the settings of ``cfg.evaluation``.

    Returns:
        those of the hook, such as ``interval`` and ``save_best``, and the others, which are
        arguments of the data set's ``evaluate``.
    """
    hook = {key: value for key, value in settings.items() if key in HOOK_SETTINGS}
    return hook, {key: value for key, value in settings.items() if key not in hook}


def hook_arguments(settings: Mapping[str, Any], distributed: bool) -> dict[str, Any]:
    """Return the settings without those that a run on one device has no use for."""
    unused = set() if distributed else _GROUP_ONLY
    return {key: value for key, value in settings.items() if key not in unused}


def check_evaluation_hook(hook: Mapping[str, Any]) -> None:
    """Refuse settings of the hook that it would refuse after the run has begun.

    Args:
        hook: the settings, see :func:`split_evaluation`.

    Raises:
        ValueError: if one is not what it can be.
    """
    wanted = {
        'interval': (_is_whole(hook.get('interval', 1), least=1), 'a whole number of 1 or more'),
        'start': (
            hook.get('start') is None or _is_whole(hook['start'], least=0),
            'a whole number of 0 or more, or None',
        ),
        'by_epoch': (isinstance(hook.get('by_epoch', True), bool), 'True or False'),
        'save_best': (
            isinstance(hook.get('save_best'), str | None),
            "the name of a figure, 'auto' or None",
        ),
        'rule': (hook.get('rule') in _RULES, "'greater', 'less' or None"),
    }
    for name, (is_fine, expected) in wanted.items():
        if not is_fine:
            raise ValueError(f'evaluation.{name}={hook[name]!r}; expected {expected}')


def _is_whole(value: Any, least: int) -> bool:
    return type(value) is int and value >= least
