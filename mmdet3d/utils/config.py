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
        for part in option.split('.'):
            if isinstance(node, (list, tuple)):
                if not part.isdigit() or int(part) >= len(node):
                    raise ValueError(
                        f'option {option}: {known} is a list of {len(node)}: no {part}'
                    )
                part = int(part)
            elif not isinstance(node, (Mapping, Config)):
                raise ValueError(f'option {option}: {known} is {node!r}, which has no {part}')
            elif part not in node:
                _check_new_key(option, part, known, list(node))
                break  # nothing is known of what is below a key that the config leaves out
            node = node[part]
            known = f'{known}.{part}' if known else str(part)


def _check_new_key(option: str, key: str, known: str, siblings: list[str]) -> None:
    """Refuse a key that looks like one beside it, and at the top one that nothing would read."""
    names = siblings if known else [*siblings, *SETTINGS]
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.8)
    if (known and not close) or key in SETTINGS:
        return
    hint = f'did you mean {close[0]}?' if close else f'it has {sorted(names)}'
    raise ValueError(f'option {option}: there is no {key} in {known or "the config"}; {hint}')
