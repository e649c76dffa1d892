"""Logs of one JSON object a line, ``*.log.json``."""

import json
from pathlib import Path
from typing import Any

from mmdet3d.report.logs.broken import BrokenLines
from mmdet3d.report.logs.figure_names import OF_TRAINING, canonical_name
from mmdet3d.report.logs.records import Evaluation, Log, Step, merge_evaluations, merge_steps

# What a line says besides its values.
_PLACE = ('mode', 'epoch', 'iter')


def read_json_log(path: Path) -> Log:
    """Read a log; broken lines are skipped, with one warning that names them.

    Args:
        path: the log.

    Raises:
        OSError: if it cannot be read.
    """
    log, broken = Log(), BrokenLines(path)
    for number, line in enumerate(path.read_text(errors='replace').splitlines(), 1):
        if line.strip():
            with broken.at(number):
                _read_line(json.loads(line), log)
    broken.warn()
    log.steps = merge_steps(log.steps)
    log.evaluations = merge_evaluations(log.evaluations)
    return log


def _read_line(line: Any, log: Log) -> None:
    if not isinstance(line, dict):
        raise ValueError('it is no object')
    if line.get('mode') == 'train':
        log.steps.append(Step(_count(line, 'epoch'), _count(line, 'iter'), _numbers(line)))
    elif line.get('mode') == 'val':
        values = {key: value for key, value in _numbers(line).items() if key not in OF_TRAINING}
        figures = {canonical_name(key): value for key, value in values.items()}
        log.evaluations.append(Evaluation(_count(line, 'epoch'), figures))
    elif isinstance(line.get('seed'), int):
        log.seed = line['seed']


def _count(line: dict, key: str) -> int:
    if not isinstance(line.get(key), int):
        raise ValueError(f'it has no {key}')
    return line[key]


def _numbers(line: dict) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in line.items()
        if key not in _PLACE and isinstance(value, (int, float))
    }
