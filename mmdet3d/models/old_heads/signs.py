"""By what a checkpoint of before mmdetection3d v1.0 is told from a later one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmcv_patched.runner import Origin

_MAJOR = re.compile(r'v?(\d+)\.\d')
# The names of the published weights end in the time of their training and, most of them, a hash.
_OLD_DATE = re.compile(r'_2020\d{4}_\d{6}\b')
_CLOSE = 1e-3


def agrees_with_new(origin: Origin, sizes: Sequence[Sequence[float]]) -> bool:
    """Whether a checkpoint is known to be of v1.0.

    The config that it carries counts most: branches were late to raise their version.

    Args:
        origin: what is known of it.
        sizes: (length, width, height) of the head's anchors.
    """
    told = _told(origin, sizes)
    if 'converted' in origin.meta or told is not None:
        return 'converted' in origin.meta or told == 'new'
    environment = origin.meta.get('env_info')
    is_ours = isinstance(environment, Mapping) and 'pointdistiller' in environment
    return is_ours or _major(origin) >= 1


def why_old(origin: Origin, sizes: Sequence[Sequence[float]], dir_offset: float) -> str | None:
    """Tell by what a checkpoint shows that its boxes are of before v1.0.

    Args:
        origin: what is known of the checkpoint.
        sizes: (length, width, height) of the head's anchors.
        dir_offset: heading at which the head's first direction begins.

    Returns:
        the reason; None without a sign.
    """
    if agrees_with_new(origin, sizes):
        return None
    if _told(origin, sizes) == 'old':
        return 'its config has anchors of (width, length, height)'
    offset = origin.section.get('dir_offset')
    if isinstance(offset, (int, float)) and offset > _CLOSE and abs(offset + dir_offset) < _CLOSE:
        return f'its config has dir_offset={offset}'
    if _major(origin) == 0:
        return f'mmdetection3d {origin.meta["mmdet3d_version"]} wrote it'
    if _OLD_DATE.search(origin.filename):
        return 'the date in its name is of 2020'
    return 'another layer of it is as old' if origin.is_adapted else None


def _told(origin: Origin, sizes: Sequence[Sequence[float]]) -> str | None:
    """Return 'old' or 'new' where the anchors in a checkpoint's config tell it."""
    told = saved_sizes(origin.section)
    if told is None:
        return None
    as_new, as_old = _equal(told, sizes), _equal(swapped(told), sizes)
    return None if as_new == as_old else 'new' if as_new else 'old'


def _major(origin: Origin) -> int:
    """Return the major version of mmdetection3d that wrote a checkpoint; -1 if it is not said."""
    version = origin.meta.get('mmdet3d_version')
    major = _MAJOR.match(version) if isinstance(version, str) else None
    return int(major[1]) if major else -1


def saved_sizes(section: Mapping[str, Any]) -> np.ndarray | None:
    """Return the sizes of the anchors, of shape (N, 3), that a section of a config names, if any.

    Args:
        section: of the head, read from the checkpoint's config.
    """
    generator = section.get('anchor_generator')
    return as_rows(generator.get('sizes'), 3) if isinstance(generator, Mapping) else None


def as_rows(values: Any, width: int) -> np.ndarray | None:
    """Return finite numbers as an array of shape (N, width); None if they are anything else."""
    try:
        rows = np.array(values, dtype=float)
    except (TypeError, ValueError):
        return None
    fits = rows.ndim == 2 and rows.shape[1] == width and len(rows) and np.isfinite(rows).all()
    return rows if fits else None


def swapped(sizes: Any) -> np.ndarray:
    """Exchange length and width in sizes of shape (N, 3)."""
    return np.asarray(sizes, dtype=float)[:, [1, 0, 2]]


def _equal(first: Any, second: Any) -> bool:
    first, second = np.asarray(first), np.asarray(second)
    return first.shape == second.shape and bool(np.allclose(first, second, atol=_CLOSE))
