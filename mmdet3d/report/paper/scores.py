"""The figures of a run at its best and at its last epoch."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mmdet3d.core.evaluation import figure_name
from mmdet3d.report.logs import Log

DIFFICULTIES = ('easy', 'moderate', 'hard')
# What the benchmark and the paper call the number of recalls, and what the figures' names do.
LABELS = {'R40': 'AP40', 'R11': 'AP11'}
NUSCENES = tuple(
    f'NuScenes/{name}' for name in ('mAP', 'NDS', 'mATE', 'mASE', 'mAOE', 'mAVE', 'mAAE')
)
_CLASS = re.compile(r'KITTI/(.+)_(?:2D|BEV|3D)_AP\d+_\w+_strict')


@dataclass(frozen=True)
class Scores:
    """What one evaluation gave.

    Attributes:
        epochs: after which, one for each network that a row combines; 0 where a log does not say.
        figures: by name.
    """

    epochs: tuple[int, ...]
    figures: Mapping[str, float]


def ap_name(name: str, view: str, metric: str, difficulty: str) -> str:
    """Return the name of a strict figure of KITTI.

    Args:
        name: of the class.
        view: ``'bev'`` or ``'3d'``.
        metric: ``'R40'`` or ``'R11'``.
        difficulty: its name.
    """
    return figure_name(name, view, LABELS[metric], difficulty, 'strict')


def evaluated_classes(log: Log) -> list[str]:
    """List the classes of which KITTI's evaluation gave figures."""
    names = (name for each in log.evaluations for name in each.figures)
    matches = (_CLASS.fullmatch(name) for name in names)
    return list(dict.fromkeys(match[1] for match in matches if match))


def is_nuscenes(log: Log) -> bool:
    """Whether a log holds figures of nuScenes."""
    return any(name in NUSCENES for each in log.evaluations for name in each.figures)


def has_other_metric(log: Log, metric: str) -> bool:
    """Whether a log holds average precisions of KITTI, but at another number of recalls."""
    names = [name for each in log.evaluations for name in each.figures]
    labels = {label for label in LABELS.values() if any(f'_{label}_' in name for name in names)}
    return bool(labels) and LABELS[metric] not in labels


def best_and_last(log: Log, classes: Iterable[str], metric: str) -> tuple[Scores, Scores] | None:
    """Pick the evaluation with the highest mean AP in 3D at moderate, or NDS, and the last one.

    Args:
        log: the log.
        classes: those that the mean is over, of KITTI.
        metric: ``'R40'`` or ``'R11'``.

    Returns:
        None where no evaluation has such figures.
    """
    names = [ap_name(name, '3d', metric, 'moderate') for name in classes]
    judged = [
        (score, Scores((each.epoch or log.last_epoch,), each.figures))
        for each in log.evaluations
        if (score := _score(each.figures, names)) is not None
    ]
    if not judged:
        return None
    # Of equally good epochs the later one.
    best = max(enumerate(judged), key=lambda each: (each[1][0], each[0]))
    return best[1][1], judged[-1][1]


def _score(figures: Mapping[str, float], names: list[str]) -> float | None:
    values = [figures[name] for name in names if name in figures]
    if values and len(values) == len(names):
        return sum(values) / len(values)
    return figures.get('NuScenes/NDS', figures.get('NuScenes/mAP'))
