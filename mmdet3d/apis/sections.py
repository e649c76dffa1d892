"""The sections on data, steps, schedule and logs: their keys and values, judged before a run."""

import inspect
import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from mmcv.runner import HOOKS, OPTIMIZERS, RUNNERS, BaseRunner, Hook
from mmdet.datasets.builder import build_dataloader
from torch.utils.data import DataLoader

from mmcv_patched.precision import require_precision
from mmdet3d.datasets.builder import DATASETS, OBJECTSAMPLERS, PIPELINES
from mmdet3d.utils.group import check_dist_params
from mmdet3d.utils.keywords import check_arguments, check_keys, check_keywords
from mmdet3d.utils.registry import suggest_names

_SPLITS = ('train', 'val', 'test')
_DATA = (
    'samples_per_gpu', 'workers_per_gpu', 'persistent_workers', 'skip_broken',
    *_SPLITS, *(f'{split}_dataloader' for split in _SPLITS),
)  # fmt: skip
# Wrappers whose keys mmdet's builder reads by itself.
_WRAPPERS = {'RepeatDataset': ('type', 'dataset', 'times')}
_SCHEDULES = {'lr_config': 'LrUpdaterHook', 'momentum_config': 'MomentumUpdaterHook'}
# What torch.nn.utils.clip_grad_norm_ takes.
_NAN_POLICIES = ('stop', 'skip')
_GRAD_CLIP = ('max_norm', 'norm_type', 'error_if_nonfinite', 'foreach')
# Least values of whole numbers, where they are given.
_WHOLE = {
    'data.samples_per_gpu': 1,
    'data.workers_per_gpu': 0,
    'data.skip_broken': 0,
    'runner.max_epochs': 1,
    'runner.max_iters': 1,
    'log_config.interval': 1,
    'lr_config.warmup_iters': 1,
    'checkpoint_config.interval': -1,
    'checkpoint_config.max_keep_ckpts': -1,
}
# Numbers that must not be negative.
_NUMBERS = (
    'optimizer.lr', 'optimizer.weight_decay', 'optimizer.momentum',
    'optimizer_config.grad_clip.max_norm',
)  # fmt: skip


def check_data_section(cfg: Any, splits: Sequence[str] = _SPLITS) -> None:
    """Check keys and values of ``cfg.data``.

    Args:
        cfg: the config.
        splits: the data sets that are to be used.

    Raises:
        TypeError: if a key is one that nothing reads; the message names those that come close.
        ValueError: if a number is not what it can be.
    """
    data = cfg.get('data') or {}
    check_keys('data', data, _DATA)
    for split in splits:
        # mmdet's configs may have the size of a batch here.
        section = _without(data.get(split) or {}, 'samples_per_gpu')
        _check_wrapper(f'data.{split}', section)
        check_arguments(f'data.{split}', section, (DATASETS, PIPELINES, OBJECTSAMPLERS))
        _check_loader(f'data.{split}_dataloader', data.get(f'{split}_dataloader') or {})
    _check_values(cfg, 'data')


def check_training_sections(cfg: Any) -> None:
    """Check keys and values of the sections that training reads, beside model and data.

    Args:
        cfg: the config.

    Raises:
        TypeError: if a key is one that nothing reads; the message names those that come close.
        ValueError: if a value is not what it can be.
        KeyError: if a ``type`` or ``policy`` is not registered; the message names close ones.
    """
    teacher = cfg.get('teacher') or {}
    check_keys('teacher', teacher, ('config', 'checkpoint', 'precision'))
    require_precision('teacher.precision', teacher.get('precision'))
    check_dist_params(cfg)
    check_keys('log_config', cfg.get('log_config') or {}, ('interval', 'hooks'))
    for section in ('optimizer', 'optimizer_config', 'runner', *_SCHEDULES):
        _check_values(cfg, section)
    for section in ('checkpoint_config', 'log_config'):
        _check_values(cfg, section)
    _check_run(cfg)
    grad_clip = (cfg.get('optimizer_config') or {}).get('grad_clip') or {}
    check_keys('optimizer_config.grad_clip', grad_clip, _GRAD_CLIP)
    check_arguments('log_config.hooks', (cfg.get('log_config') or {}).get('hooks'), (HOOKS,))
    _check_runner(cfg.runner)
    _check_optimizer(cfg.optimizer)
    _check_checkpoints(cfg.get('checkpoint_config') or {})
    for section, kind in _SCHEDULES.items():
        _check_schedule(section, kind, cfg.get(section))


def _check_run(cfg: Any) -> None:
    """Check what is of no section."""
    if cfg.get('seed') is not None:
        _require_whole('seed', cfg.seed, 0)
    if cfg.get('nan_policy', 'stop') not in _NAN_POLICIES:
        allowed = ' or '.join(map(repr, _NAN_POLICIES))
        raise ValueError(f'nan_policy={cfg.nan_policy!r}: expected {allowed}')
    if not isinstance(cfg.get('load_partly', False), bool):
        raise ValueError(f'load_partly={cfg.load_partly!r}: expected True or False')
    if cfg.get('fp16') and not isinstance(cfg.fp16, Mapping):
        raise ValueError(f'fp16={cfg.fp16!r}: expected None, or such as dict(loss_scale=512.)')
    if _value(cfg, 'checkpoint_config.interval') == 0:
        raise ValueError('checkpoint_config.interval=0: expected 1 or more, or -1 for never')
    hooks = cfg.get('custom_hooks') or []
    if not isinstance(hooks, (list, tuple)):
        raise ValueError(f'custom_hooks={hooks!r}: expected a list, such as [dict(type=...)]')
    for i, hook in enumerate(hooks):
        if isinstance(hook, Hook):
            continue
        if not isinstance(hook, Mapping) or 'type' not in hook:
            raise ValueError(f'custom_hooks.{i}={hook!r}: expected such as dict(type=...)')
        with suggest_names(HOOKS):
            if isinstance(hook['type'], str) and hook['type'] not in HOOKS:
                raise KeyError(f'{hook["type"]} is not in the {HOOKS.name} registry')
        check_arguments(f'custom_hooks.{i}', _without(hook, 'priority'), (HOOKS,))


def _without(section: Any, name: str) -> Any:
    if not isinstance(section, Mapping):
        return section
    return {key: value for key, value in section.items() if key != name}


def _check_wrapper(key: str, section: Any) -> None:
    while isinstance(section, Mapping) and section.get('type') in _WRAPPERS:
        known = _WRAPPERS[section['type']]
        check_keys(key, section, known, f', which {section["type"]} does not take')
        if 'times' not in section or 'dataset' not in section:
            raise TypeError(f'{key} has no times or no dataset, which RepeatDataset needs')
        _require_whole(f'{key}.times', section['times'], 1)
        key, section = f'{key}.dataset', section['dataset']


def _check_loader(key: str, loader: Mapping) -> None:
    known = {
        name
        for kind in (build_dataloader, DataLoader.__init__)
        for name in inspect.signature(kind).parameters
    }
    check_keys(key, loader, sorted(known - {'self', 'kwargs', 'dataset'}))
    for name, least in (('samples_per_gpu', 1), ('workers_per_gpu', 0)):
        if name in loader:
            _require_whole(f'{key}.{name}', loader[name], least)


def _check_values(cfg: Any, section: str) -> None:
    for key, least in _WHOLE.items():
        value = _value(cfg, key) if key.startswith(f'{section}.') else None
        if value is not None:
            _require_whole(key, value, least)
    for key in _NUMBERS:
        value = _value(cfg, key) if key.startswith(f'{section}.') else None
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (number and math.isfinite(value) and value >= 0):
            raise ValueError(f'{key}={value!r}: expected a number, 0 or more')


def _value(cfg: Any, key: str) -> Any:
    """The value of a dotted key; None where the config leaves it out."""
    node = cfg
    for part in key.split('.'):
        node = node.get(part) if hasattr(node, 'get') else None
    return node


def _require_whole(key: str, value: Any, least: int) -> None:
    if type(value) is not int or value < least:
        raise ValueError(f'{key}={value!r}: expected a whole number, {least} or more')


def _check_runner(runner: Mapping) -> None:
    kind = RUNNERS.get(runner['type'])
    if kind is not None:
        check_keywords('runner', kind, set(runner) - {'type'}, ('model',))


def _check_optimizer(optimizer: Mapping) -> None:
    name = optimizer.get('type')
    with suggest_names(OPTIMIZERS):
        if name not in OPTIMIZERS:
            raise KeyError(f'{name} is not in the {OPTIMIZERS.name} registry')
    kind = OPTIMIZERS.get(name)
    apart = ('type', 'constructor', 'paramwise_cfg')
    arguments = {key: value for key, value in optimizer.items() if key not in apart}
    check_keywords('optimizer', kind, set(arguments), ('params',))
    if not kind.__module__.startswith('torch.'):
        return  # an optimizer of a user's own may want the real parameters
    try:
        kind([torch.nn.Parameter(torch.zeros(1))], **arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f'optimizer={dict(optimizer)}: {error}') from error


def _check_checkpoints(section: Mapping) -> None:
    kind = HOOKS.get(section.get('type', 'CheckpointHook'))
    if kind is None or kind.__name__ != 'CheckpointHook':
        return
    known = {
        name
        for function in (kind.__init__, BaseRunner.save_checkpoint)
        for name in inspect.signature(function).parameters
    }
    extra = {'type', 'create_symlink'}
    check_keys('checkpoint_config', section, sorted((known | extra) - {'self', 'kwargs'}))


def _check_schedule(section: str, kind: str, schedule: Any) -> None:
    """Build a schedule to throw it away: its class judges its values."""
    if not isinstance(schedule, Mapping):
        return
    settings = deepcopy(dict(schedule))
    policy = settings.pop('policy', None)
    if policy is None:
        if 'type' not in settings:
            raise ValueError(f'{section}={dict(schedule)} has no policy, such as "cyclic"')
        return
    name = f'{policy.title() if policy == policy.lower() else policy}{kind}'
    with suggest_names(HOOKS):
        if name not in HOOKS:
            raise KeyError(f'{name} is not in the {HOOKS.name} registry')
    check_keywords(section, HOOKS.get(name), set(settings))
    try:
        HOOKS.build({'type': name, **settings})
    except (AssertionError, TypeError, ValueError) as error:
        raise ValueError(f'{section}={dict(schedule)}: {error}') from error
