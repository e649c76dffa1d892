"""Logs in mmdetection3d's formats, with figures that a test chooses."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmdet3d.utils.config import load_config

STAMP = '2022-05-20 12:00:00,000 - mmdet - INFO - '
Triple = Sequence[float]


def training_lines(epochs: Sequence[int], losses: Mapping[str, float], length: int = 100) -> dict:
    """Two steps for each epoch, as the text of ``TextLoggerHook`` and as its JSON."""
    text, objects = [], []
    for epoch in epochs:
        for iteration in (length // 2, length):
            values = {'time': 0.5, 'data_time': 0.1, **losses}
            shown = ', '.join(f'{name}: {value:.4f}' for name, value in values.items())
            text.append(
                f'{STAMP}Epoch [{epoch}][{iteration}/{length}]\tlr: 1.800e-03, '
                f'eta: 1 day, 2:03:04, {shown}'
            )
            place = {'mode': 'train', 'epoch': epoch, 'iter': iteration, 'lr': 0.0018}
            objects.append({**place, 'memory': 3000, **values})
    return {'text': text, 'json': [json.dumps(each) for each in objects]}


def kitti_tables(label: str, classes: Mapping[str, Mapping[str, Triple]]) -> list[str]:
    """The result tables of an evaluation, strict figures as given, loose ones a point above."""
    lines = [f'{STAMP}', f'----------- {label} Results ------------', '']
    for name, rows in classes.items():
        strict = 0.7 if name == 'Car' else 0.5
        for loose in (0, 1):
            limits = [strict, *[strict - (0.2 if strict > 0.6 else 0.25) * loose] * 2]
            shown = ', '.join(f'{limit:.2f}' for limit in limits)
            lines.append(f'{name} {label}@{shown}:')
            lines += [_row(metric, label, [v + loose for v in row]) for metric, row in rows.items()]
    if len(classes) > 1:
        lines += ['', f'Overall {label}@easy, moderate, hard:']
        for metric in next(iter(classes.values())):
            columns = zip(*(rows[metric] for rows in classes.values()))
            lines.append(_row(metric, label, [sum(column) / len(classes) for column in columns]))
    return lines


def _row(metric: str, label: str, values: Triple) -> str:
    return f'{metric:<4} {label}:' + ', '.join(f'{value:.4f}' for value in values)


def val_text(epoch: int, figures: Mapping[str, float]) -> str:
    """The line of the text that ends an evaluation."""
    shown = ', '.join(f'{name}: {value:.4f}' for name, value in figures.items())
    return f'{STAMP}Epoch(val) [{epoch}][3769]\tlr: 0.00000, {shown}'


def val_json(epoch: int, figures: Mapping[str, float]) -> str:
    """The line of the JSON that ends an evaluation."""
    return json.dumps({'mode': 'val', 'epoch': epoch, 'iter': 3769, 'lr': 0.0, **figures})


def write(path: Path, lines: Sequence[str]) -> Path:
    """Write a log; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines) + '\n')
    return path


def kitti_figures(label: str, classes: Mapping[str, Mapping[str, Triple]]) -> dict[str, float]:
    """The same strict figures under the names that mmdetection3d gives them."""
    names = {'bbox': '2D', 'bev': 'BEV', '3d': '3D'}
    return {
        f'KITTI/{name}_{names[metric]}_{label}_{difficulty}_strict': value
        for name, rows in classes.items()
        for metric, values in rows.items()
        if metric in names
        for difficulty, value in zip(('easy', 'moderate', 'hard'), values)
    }


def add_config(folder: Path, config: str | Path, options: Mapping | None = None) -> Path:
    """Put a config into the folder of a run, as a training does, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    load_config(config, options).dump(str(folder / Path(config).name))
    return folder
