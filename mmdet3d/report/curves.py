"""Curves of what the logs of training runs say."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mmdet3d.report.logs import Log, read_log
from mmdet3d.utils.figures import save_figure

_PER_ROW = 3
_WITHIN = 4  # how many names a legend has room for within the axes
_UNITS = {'time': 'seconds', 'data_time': 'seconds', 'memory': 'MB'}


@dataclass(frozen=True)
class Curve:
    """One curve of a panel.

    Attributes:
        label: what the legend calls it.
        log: where its values are.
        key: the name of a value of the training or of a figure of the evaluations.
    """

    label: str
    log: Log
    key: str

    def points(self) -> tuple[np.ndarray, np.ndarray, str]:
        """Return positions and values, arrays of one length, and what is counted."""
        places = zip(self.log.positions(), self.log.steps)
        found = [(x, step.values[self.key]) for x, step in places if self.key in step.values]
        counted = 'iteration'
        if not found:
            counted = 'epoch'
            known = [each for each in self.log.evaluations if self.key in each.figures]
            last = self.log.last_epoch
            found = [(last if e.epoch is None else e.epoch, e.figures[self.key]) for e in known]
        pairs = np.array(found, dtype=float).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1], counted


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Attributes:
        title: what stands above it.
        curves: what is drawn in it.
    """

    title: str
    curves: Sequence[Curve]


def read_losses(work_dir: str | Path) -> dict[str, np.ndarray]:
    """Read what the logs of a run say of its losses.

    Args:
        work_dir: folder of the run, or one of its logs.

    Returns:
        ``iter`` (counted from the start of training) and every logged loss, arrays of one length,
        with NaN where a loss is not logged.

    Raises:
        FileNotFoundError: if the folder holds no log.
    """
    log = read_log(work_dir)
    values = [step.values for step in log.steps]
    losses = {
        name: np.array([each.get(name, np.nan) for each in values]) for name in loss_names(log)
    }
    return {'iter': np.array(log.positions(), dtype=int), **losses}


def loss_names(log: Log) -> list[str]:
    """List the losses of a log, in its order."""
    return list(dict.fromkeys(name for step in log.steps for name in step.values if 'loss' in name))


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
    logs = {name: read_log(work_dir) for name, work_dir in runs.items()}
    for name, log in logs.items():
        if not log.steps:
            warnings.warn(
                f'{runs[name]} has logged no step of training: {name} has no curve', stacklevel=2
            )
    names = list(dict.fromkeys(key for log in logs.values() for key in loss_names(log)))
    panels = [Panel(key, [Curve(run, logs[run], key) for run in logs]) for key in names]
    return save_figure(draw_panels(panels, is_log=True), path)


def draw_panels(panels: Sequence[Panel], is_log: bool = False, title: str = '') -> Figure:
    """Draw panels, three in a row.

    Args:
        panels: what to draw.
        is_log: let the values of the training have a logarithmic scale.
        title: what stands above all.
    """
    columns = min(_PER_ROW, max(1, len(panels)))
    rows = max(1, -(-len(panels) // columns))
    size = (max(6.0, 4.2 * columns), 3.2 * rows + (0.4 if title else 0.0))
    figure = Figure(figsize=size, dpi=120, layout='constrained')
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel in zip(grid, panels):
        _draw_panel(axes, panel, is_log)
    for axes in grid[len(panels) :]:
        axes.remove()
    if title:
        figure.suptitle(title)
    return figure


def _draw_panel(axes: Axes, panel: Panel, is_log: bool) -> None:
    counted = ''
    for i, curve in enumerate(panel.curves):
        x, y, unit = curve.points()
        if len(x):
            counted = unit
            marker = 'o' if unit == 'epoch' or len(x) == 1 else ''
            axes.plot(x, y, color=f'C{i}', label=curve.label, lw=1, marker=marker, ms=3)
    axes.set(title=panel.title, xlabel=counted or 'nothing is logged')
    axes.set_ylabel(', '.join(dict.fromkeys(_unit(curve.key) for curve in panel.curves)))
    if is_log and counted == 'iteration':
        axes.set_yscale('log')
    axes.grid(alpha=0.25)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if counted and [curve.label for curve in panel.curves] != [panel.title]:
        _add_legend(axes, len(panel.curves))


def _add_legend(axes: Axes, curves: int) -> None:
    """Put it beside the axes where it is so long that it would hide a curve."""
    if curves > _WITHIN:
        axes.legend(fontsize='small', loc='upper left', bbox_to_anchor=(1.0, 1.0))
    else:
        axes.legend(fontsize='small')


def _unit(key: str) -> str:
    return 'percent' if key.startswith('KITTI/') else _UNITS.get(key, '')
