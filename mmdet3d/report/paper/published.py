"""The figures of the paper, to stand beside those that were measured."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mmdet3d.report.paper.row import Row

_FILE = Path(__file__).with_name('published.yml')
# Half a digit of what the paper gives, and what its way of counting differs by.
_PARAMETERS_APART = 0.1


@cache
def read_published() -> dict[str, Any]:
    """Read ``published.yml``: sections with their ``source`` and their rows."""
    return yaml.safe_load(_FILE.read_text(encoding='utf-8'))


def published_figures(table: str, row: Row) -> list[float] | None:
    """Return the figures of a row; None where the paper has no such row.

    On KITTI, a network is told by its number of parameters, as in the paper's tables 1 and 2: the
    same detector of another size is another network.

    Args:
        table: the name of a section of ``published.yml``.
        row: what was measured.
    """
    if not row.is_nuscenes and published_size(row) is None:
        return None
    sought = row.detector, row.compression, row.method.name
    for each in read_published()[table]['rows']:
        if (each['detector'], each['compression'], each['kd']) == sought:
            return each['figures']
    return None


def published_size(row: Row) -> dict[str, float] | None:
    """Return ``multiply_adds`` in G and ``parameters`` in M; None without such a network."""
    for each in read_published()['networks']['rows']:
        is_same = (each['detector'], each['compression']) == (row.detector, row.compression)
        if is_same and not row.is_nuscenes and _fits(row, each['parameters']):
            return {key: each[key] for key in ('multiply_adds', 'parameters')}
    return None


def _fits(row: Row, parameters: float) -> bool:
    # Sums of decimal fractions are not exact.
    limit = _PARAMETERS_APART + 1e-9
    return all(
        size is not None and abs(size.parameters / 1e6 - parameters) <= limit for size in row.sizes
    )


def source_of(table: str) -> str:
    """Return where the figures of a section are from."""
    return read_published()[table]['source']


def author_log(row: Row, view: str) -> str | None:
    """Say what the authors' own log has for a row; None where it has nothing.

    Args:
        row: what was measured.
        view: ``'bev'`` or ``'3d'``.
    """
    log = read_published()['author_log']
    sought = log['detector'], log['compression'], log['kd']
    has_size = published_size(row) is not None
    if not has_size or (row.detector, row.compression, row.method.name) != sought:
        return None
    easy, moderate, hard = log['figures'][view]
    return (
        f'{log["source"]}, has means over the classes of {easy:.2f}, {moderate:.2f} and {hard:.2f} '
        f'at easy, moderate and hard for {row.detector} {row.compression}x with KD.'
    )
