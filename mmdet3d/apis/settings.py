"""What a config leaves out, and what in it cannot be run."""

import math
from copy import deepcopy
from pathlib import Path
from pprint import PrettyPrinter
from typing import Any

import mmcv
import torch
from mmcv.runner import RUNNERS

from mmcv_patched.runner import BaseRunner
from mmdet3d.apis.evaluation import build_tested, check_validation_settings
from mmdet3d.apis.sections import check_training_sections
from mmdet3d.utils.config import REPO_ROOT, find_datasets
from mmdet3d.utils.registry import suggest_names
from mmdet_patched.apis import build_optimizer_hook

_RUNTIME = REPO_ROOT / 'configs' / '_base_' / 'default_runtime.py'
_LIMITS = ('max_epochs', 'max_iters')


def config_stem(cfg: mmcv.Config) -> str:
    """Return the name of a config's file without its ending; 'config' where it has no file."""
    return Path(cfg.filename or 'config').stem


class _Literals(PrettyPrinter):
    """Prints values as Python reads them back."""

    def format(
        self, value: Any, context: dict[int, int], maxlevels: int, level: int
    ) -> tuple[str, bool, bool]:
        """Return the text of a value; infinity and NaN have no literal of their own."""
        if isinstance(value, float) and not math.isfinite(value):
            return f"float('{value}')", True, False
        return super().format(value, context, maxlevels, level)


def format_config(cfg: mmcv.Config) -> str:
    """Return the text of a config file that says the same.

    mmcv's own does not quote values with an apostrophe, and fails on them.
    """
    printer = _Literals(width=100, sort_dicts=False)
    lines = [f'{key} = {printer.pformat(value)}\n' for key, value in cfg.to_dict().items()]
    # Within a text, {{ }} would be a variable that mmcv fills in.
    return ''.join(lines).replace('{{', '{\\x7b')


def fill_in_settings(cfg: mmcv.Config) -> None:
    """Give a config the settings that it leaves out, so that it need not come from a file.

    Those of the runtime are ``configs/_base_/default_runtime.py``'s; ``work_dir`` is below
    ``work_dirs``, ``device`` a GPU where there is one.

    Args:
        cfg: the config, which is changed.
    """
    for key, value in mmcv.Config.fromfile(_RUNTIME).items():
        if key not in cfg:
            cfg[key] = deepcopy(value)
    for section in ('lr_config', 'momentum_config'):
        ratio = (cfg.get(section) or {}).get('target_ratio')
        if isinstance(ratio, list):  # mmcv wants a tuple, which JSON and options may not have
            cfg[section].target_ratio = tuple(ratio)
    cfg.work_dir = cfg.work_dir or f'work_dirs/{config_stem(cfg)}'
    cfg.device = cfg.get('device') or ('cuda' if torch.cuda.is_available() else 'cpu')


def check_training(cfg: mmcv.Config, use_kd: bool) -> None:
    """Refuse a config that a run would fail on after it has begun.

    Args:
        cfg: the config.
        use_kd: there is to be a teacher.

    Raises:
        ValueError: if a section is missing, the runner's length is not said in its own unit, it has
            no place for a teacher, a value is not what it can be, or the optimizer's hook cannot be
            had.
        KeyError: if there is no such runner, optimizer or schedule; the message names close ones.
        TypeError: if a section has a key that nothing reads; the message names close ones.
    """
    missing = {'model', 'data', 'optimizer', 'runner'} - set(cfg)
    if missing:
        raise ValueError(
            f'{cfg.filename or "the config"} says nothing of {", ".join(sorted(missing))}, which '
            'training needs: inherit from the files in configs/_base_, or set them'
        )
    _check_runner(cfg.runner, use_kd)
    check_training_sections(cfg)
    build_optimizer_hook(cfg)


def check_validation(cfg: mmcv.Config) -> Any:
    """Build what is evaluated on during training, and check that it can be.

    Args:
        cfg: the config; in ``evaluation`` the figure of ``save_best`` is completed.

    Returns:
        the data set of ``cfg.data.val``.

    Raises:
        FileNotFoundError: if an annotation file of ``data.val`` is not there.
        ValueError: if there is no ``data.val``, no frame in it, or ``evaluation`` has a setting
            that is unknown or wrong; the message names close ones.
        KeyError: if a frame has no annotations.
        NotImplementedError: if the data set has no evaluation.
    """
    for dataset in find_datasets(cfg.data.get('val') or ()):
        files = dataset['ann_file']
        for file in [files] if isinstance(files, str) else files:
            if not Path(file).is_file():
                raise FileNotFoundError(
                    f'data.val.ann_file {file} does not exist: correct it or --data-root, or train '
                    'with --no-validate'
                )
    tested = build_tested(cfg, 'val')
    check_validation_settings(cfg, tested)
    return tested


def _check_runner(runner: dict, use_kd: bool) -> None:
    name = runner['type']
    with suggest_names(RUNNERS):
        if name not in RUNNERS:
            raise KeyError(f'{name} is not in the {RUNNERS.name} registry')
    kind = RUNNERS.get(name)
    if issubclass(kind, BaseRunner):
        _check_length(runner, f'max_{kind.unit}s')
    elif use_kd:
        raise ValueError(
            f'runner.type={name!r} has no place for a teacher: take EpochBasedRunner or '
            'IterBasedRunner, or derive it from mmcv_patched.runner.BaseRunner'
        )


def _check_length(runner: dict, wanted: str) -> None:
    given = [limit for limit in _LIMITS if runner.get(limit) is not None]
    if given != [wanted]:
        (other,) = set(_LIMITS) - {wanted}
        raise ValueError(
            f'runner={dict(runner)}: {runner["type"]} wants {wanted} and nothing else to say how '
            f'long to train. In a config: runner=dict(_delete_=True, type={runner["type"]!r}, '
            f'{wanted}=...); as options: runner.{wanted}=... runner.{other}=None'
        )
