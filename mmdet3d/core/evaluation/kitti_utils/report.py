"""Average precisions as the text and the figures that mmdetection3d's users know."""

from collections.abc import Sequence

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.classes import KittiClass
from mmdet3d.core.evaluation.kitti_utils.rules import DIFFICULTIES, METRICS

_FIGURES = {'3d': '3D', 'bev': 'BEV', 'bbox': '2D'}
STRICTNESS = ('strict', 'loose')
LABELS = ('AP11', 'AP40')


def format_report(
    classes: Sequence[KittiClass], averages: dict[str, np.ndarray], label: str
) -> str:
    """Lay out one table per class and set of overlaps, and one of the means over classes.

    Args:
        classes: the C classes evaluated.
        averages: for each of bbox, bev, 3d and aos evaluated, its average precisions in percent, of
            shape (C, 3 difficulties, 2: strict, loose).
        label: ``'AP11'`` or ``'AP40'``.
    """
    parts = [f'\n----------- {label} Results ------------\n']
    for i, cls in enumerate(classes):
        for j, overlaps in enumerate((cls.strict, cls.loose)):
            limits = ', '.join(f'{overlap:.2f}' for overlap in overlaps)
            parts.append(f'{cls.name} {label}@{limits}:')
            parts += _lines({name: values[i, :, j] for name, values in averages.items()}, label)
    if len(classes) > 1:
        names = ', '.join(difficulty.name for difficulty in DIFFICULTIES)
        parts.append(f'\nOverall {label}@{names}:')
        means = {name: values[:, :, 0].mean(axis=0) for name, values in averages.items()}
        parts += _lines(means, label)
    return '\n'.join(parts) + '\n'


def _lines(rows: dict[str, np.ndarray], label: str) -> list[str]:
    return [
        f'{name:<4} {label}:' + ', '.join(f'{value:.4f}' for value in values)
        for name, values in rows.items()
    ]


def figure_name(name: str, metric: str, label: str, difficulty: str, strictness: str) -> str:
    """Return what a figure of a class is called, such as ``KITTI/Car_3D_AP40_moderate_strict``.

    Args:
        name: of the class.
        metric: one of ``METRICS``.
        label: ``'AP11'`` or ``'AP40'``.
        difficulty: its name.
        strictness: ``'strict'`` or ``'loose'``.
    """
    return f'KITTI/{name}_{_FIGURES[metric]}_{label}_{difficulty}_{strictness}'


def mean_name(metric: str, label: str, difficulty: str) -> str:
    """Return what the mean of a strict figure over classes is called; see :func:`figure_name`."""
    return f'KITTI/Overall_{_FIGURES[metric]}_{label}_{difficulty}'


def collect_figures(
    classes: Sequence[KittiClass], averages: dict[str, np.ndarray], label: str
) -> dict[str, float]:
    """Name every average precision.

    The arguments are those of ``format_report``. The mean of the strict figures over the classes is
    given where there are several. aos stands in the text alone.
    """
    metrics = [metric for metric in reversed(METRICS) if metric in averages]
    figures = {}
    for i, cls in enumerate(classes):
        for j, strictness in enumerate(STRICTNESS):
            for k, difficulty in enumerate(DIFFICULTIES):
                for metric in metrics:
                    key = figure_name(cls.name, metric, label, difficulty.name, strictness)
                    figures[key] = float(averages[metric][i, k, j])
    if len(classes) > 1:
        for k, difficulty in enumerate(DIFFICULTIES):
            for metric in metrics:
                key = mean_name(metric, label, difficulty.name)
                figures[key] = float(averages[metric][:, k, 0].mean())
    return figures


def figure_names(names: Sequence[str], metrics: Sequence[str] = METRICS) -> list[str]:
    """List the names of all figures of an evaluation, in their order.

    Args:
        names: of the classes.
        metrics: any of ``METRICS``.
    """
    classes = [KittiClass(name, None, (0.0,) * 3, (0.0,) * 3) for name in names]
    nothing = dict.fromkeys(metrics, np.zeros((len(names), len(DIFFICULTIES), len(STRICTNESS))))
    return [key for label in LABELS for key in collect_figures(classes, nothing, label)]
