"""What a training was run with, kept beside its results, so that no other is taken for it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mmcv import Config

from mmcv_patched.download import file_sha256
from mmcv_patched.full_disk import atomic_write

_NAME = 'settings.json'
_OUT = 'OUT/'


def settings_of(
    out: Path, cfg: Config | None = None, weights: Path | None = None, **others: Any
) -> dict[str, Any]:
    """Describe what a job is done with.

    Args:
        out: folder of the campaign, which may be moved.
        cfg: config of a training.
        weights: checkpoint that it makes use of, by whose content it is described.
        others: what else matters.
    """
    said = {**others, 'config': cfg._cfg_dict.to_dict() if cfg else {}}
    text = json.dumps(said, ensure_ascii=False, default=str).replace(f'{out}/', _OUT)
    digest = None
    if weights is not None and weights.exists():
        digest = _digest(weights, weights.stat().st_mtime_ns)
    return {**json.loads(text), 'weights': digest}


@cache
def _digest(path: Path, changed: int) -> str:
    return file_sha256(path)


def check_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Refuse a folder that holds something of a training with other settings.

    Args:
        folder: of the training.
        settings: see :func:`settings_of`.

    Raises:
        ValueError: if it does; the message has the first setting that differs.
    """
    path = folder / _NAME
    if not path.exists():
        return
    changed = _first_difference(json.loads(path.read_text()), settings, '')
    if changed:
        raise ValueError(
            f'{folder} was begun with {changed}: give another --out, remove this folder to begin '
            'anew, or take the change back'
        )


def keep_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings of a training into its folder."""
    with atomic_write(folder / _NAME) as file:
        file.write(json.dumps(settings, indent=1, sort_keys=True).encode())


def _first_difference(old: Any, new: Any, key: str) -> str | None:
    """Say how one setting was and is."""
    if old == new:
        return None
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return f'{key.removeprefix(".config")[1:]}={old!r}, now it is {new!r}'
    for name in sorted({*old, *new}):
        found = _first_difference(old.get(name), new.get(name), f'{key}.{name}')
        if found:
            return found
    return None
