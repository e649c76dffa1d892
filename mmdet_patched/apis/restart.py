"""Which checkpoint a run begins with."""

import os
import os.path as osp
import re
import warnings
from collections.abc import Iterable
from typing import Any

import mmcv

from mmcv_patched.runner import load_file, read_meta

_NUMBERED = re.compile(r'(epoch|iter)_(\d+)\.pth')


def find_start(cfg: mmcv.Config) -> tuple[str | None, bool]:
    """Return the checkpoint that a run begins with, if any, and whether it resumes that run.

    Args:
        cfg: the config; ``resume_from`` goes before ``auto_resume``, and that before ``load_from``.
    """
    resume_from = cfg.get('resume_from')
    if not resume_from and cfg.get('auto_resume'):
        resume_from = newest_checkpoint(cfg.work_dir)
    return (resume_from, True) if resume_from else (cfg.get('load_from') or None, False)


def newest_checkpoint(folder: str) -> str | None:
    """Return the checkpoint of a run that went furthest, of those that are whole.

    Those that are broken are passed over with a warning, files of other names without.

    Args:
        folder: of the run; None is returned if it does not exist, or there is no checkpoint.
    """
    names = os.listdir(folder) if osp.isdir(folder) else []
    numbered = sorted(
        (match[1], int(match[2]), name) for name in names if (match := _NUMBERED.fullmatch(name))
    )
    found = []
    for unit in ('epoch', 'iter'):
        of_unit = [name for kind, _, name in numbered if kind == unit]
        whole = _first_whole(folder, reversed(of_unit))
        found += [whole] if whole else []
    if not found and osp.isfile(osp.join(folder, 'latest.pth')):
        whole = _first_whole(folder, ['latest.pth'])
        found += [whole] if whole else []
    return max(found)[1] if found else None


def _first_whole(folder: str, names: Iterable[str]) -> tuple[int, str] | None:
    for name in names:
        path = osp.join(folder, name)
        try:
            return _iterations(load_file(path)), path
        except (OSError, RuntimeError, ValueError) as error:
            warnings.warn(f'--auto-resume passes over {path}: {error}', stacklevel=4)
    return None


def _iterations(checkpoint: Any) -> int:
    meta = read_meta(checkpoint) if isinstance(checkpoint, dict) else {}
    if not isinstance(meta.get('iter'), int) or 'state_dict' not in checkpoint:
        raise ValueError('it is no checkpoint of a run, whose meta says how far it was')
    return meta['iter']
