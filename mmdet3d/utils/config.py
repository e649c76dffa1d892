"""Load configs and the options given for them, and refuse keys that look misspelt."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmcv import Config, DictAction

__all__ = ['REPO_ROOT', 'SETTINGS', 'DictAction', 'find_file', 'load_config']

REPO_ROOT = Path(__file__).resolve().parents[2]

# The top-level settings that the tools read. Any other key of a config is a variable of its own.
SETTINGS = (
    'auto_resume', 'checkpoint_config', 'custom_hooks', 'data', 'device', 'dist_params',
    'evaluation', 'find_unused_parameters', 'fp16', 'gpu_ids', 'load_from', 'log_config',
    'log_level', 'lr_config', 'model', 'momentum_config', 'mp_start_method', 'opencv_num_threads',
    'optimizer', 'optimizer_config', 'resume_from', 'runner', 'seed', 'teacher', 'work_dir',
    'workflow',
)  # fmt: skip


def find_file(path: str | Path, what: str) -> Path:
    """Return ``path`` as it stands, or else under the root of this project.

    Args:
        path: a path, absolute or relative to the current folder or the project's root.
        what: what the file is, for the error.

    Raises:
        FileNotFoundError: if it is in neither place.
    """
    for candidate in (Path(path).expanduser(), REPO_ROOT / path):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        f'{what} {path} does not exist, neither in {Path.cwd()} nor in {REPO_ROOT}'
    )


def load_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Load a config file, with ``options`` in place of what it says.

    Args:
        path: the config file.
        options: values by dotted key, as from ``--cfg-options``.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a key looks like a misspelt setting, or an option has no place to go.
    """
    cfg = Config.fromfile(str(find_file(path, 'config')))
    _check_top_level(cfg)
    if options:
        _check_options(cfg, options)
        cfg.merge_from_dict(dict(options))
    return cfg


def _check_top_level(cfg: Config) -> None:
    for key in cfg:
        if key in SETTINGS:
            continue
        close = difflib.get_close_matches(key, SETTINGS, n=1, cutoff=0.85)
        if close and close[0] not in cfg:
            raise ValueError(
                f'{cfg.filename} sets {key}, which nothing reads: did you mean {close[0]}?'
            )


def _check_options(cfg: Config, options: Mapping[str, Any]) -> None:
    for option in options:
        node, known = cfg, ''
        *parents, _ = parts = option.split('.')
        for part in parents:
            if not known and part not in cfg and part in SETTINGS:
                break  # a setting that the config leaves at its default
            node = _descend(node, part, option, known)
            known = f'{known}.{part}' if known else part
        if len(parts) == 1 and option not in cfg and option not in SETTINGS:
            raise ValueError(_unknown(option, option, '', [*cfg, *SETTINGS]))


def _descend(node: Any, part: str, option: str, known: str) -> Any:
    if isinstance(node, (list, tuple)):
        if not part.isdigit() or int(part) >= len(node):
            raise ValueError(f'option {option}: {known} is a list of {len(node)}, not {part}')
        return node[int(part)]
    if not isinstance(node, Mapping) and not isinstance(node, Config):
        raise ValueError(f'option {option}: {known} is {node!r}, which has no {part}')
    if part not in node:
        raise ValueError(_unknown(option, part, known, list(node)))
    return node[part]


def _unknown(option: str, part: str, known: str, names: list[str]) -> str:
    close = difflib.get_close_matches(part, names, n=1, cutoff=0.6)
    hint = f'did you mean {close[0]}?' if close else f'it has {sorted(names)}'
    where = known or 'the config'
    return f'option {option}: there is no {part} in {where}; {hint}'
