"""Learning curves from the logs of training runs."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmcv_patched.full_disk import atomic_write


def read_losses(work_dir: str | Path) -> dict[str, np.ndarray]:
    """Read what the latest log of a run says of its losses.

    Args:
        work_dir: folder of the run.

    Returns:
        ``iter`` (counted from the start of training) and every logged loss, arrays of one length.

    Raises:
        FileNotFoundError: if the folder holds no log.
    """
    logs = sorted(Path(work_dir).glob('*.log.json'))
    if not logs:
        raise FileNotFoundError(f'{work_dir} holds no *.log.json: it is no folder of a run')
    lines = [json.loads(line) for line in logs[-1].read_text().splitlines()]
    lines = [line for line in lines if line.get('mode') == 'train']
    # The log counts iterations from the start of each epoch, and ends each with its last line.
    per_epoch = max((line['iter'] for line in lines), default=0)
    columns = {'iter': np.array([(line['epoch'] - 1) * per_epoch + line['iter'] for line in lines])}
    names = [name for name in (lines[0] if lines else {}) if 'loss' in name]
    return columns | {name: np.array([line[name] for line in lines]) for name in names}


def draw_learning_curves(runs: Mapping[str, str | Path], path: str | Path) -> Path:
    """Save a picture with one panel per loss and one curve per run.

    A run that has logged no step of training has no curve, with a warning.

    Args:
        runs: folders of runs by name.
        path: the picture to write; its folder is made.

    Returns:
        the path.

    Raises:
        FileNotFoundError: if a folder holds no log.
    """
    losses = {name: read_losses(work_dir) for name, work_dir in runs.items()}
    for name, each in losses.items():
        if not len(each['iter']):
            warnings.warn(
                f'{runs[name]} has logged no step of training: {name} has no curve', stacklevel=2
            )
    panels = list(dict.fromkeys(key for each in losses.values() for key in each if key != 'iter'))
    figure = Figure(figsize=(4 * max(1, len(panels)), 3.4), dpi=120, layout='constrained')
    grid = figure.subplots(1, max(1, len(panels)), squeeze=False)[0]
    for axes, panel in zip(grid, panels):
        for i, (name, each) in enumerate(losses.items()):
            if panel in each:
                axes.plot(each['iter'], each[panel], color=f'C{i}', label=name, lw=1)
        axes.set(title=panel, xlabel='iteration', yscale='log')
        axes.legend()
    path = Path(path)
    with atomic_write(path) as file:
        figure.savefig(file, format=path.suffix[1:])
    return path
