"""Which figures of a data set a campaign compares, by the type of the data set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from mmdet3d.core.evaluation import class_names, figure_name

_VIEWS = ('BEV', '3D')
_STRICTNESS = ('strict', 'loose')


@dataclass(frozen=True)
class Measure:
    """How detectors on a type of data set are compared.

    Attributes:
        layout: what ``tools/create_data.py`` calls the data set.
        metric: for ``--eval`` of ``tools/test.py``.
        summarise: gives the figures to compare, in percent by title, from what ``evaluate`` of the
            data set gives and the names of the classes. The last is the main one.
    """

    layout: str
    metric: str
    summarise: Callable[[Mapping[str, float], Sequence[str]], dict[str, float]]


def measure_of(kind: str) -> Measure:
    """Return how data sets of a type are compared.

    Args:
        kind: the type, such as ``'KittiDataset'``.

    Raises:
        ValueError: if that is not known.
    """
    if kind not in _MEASURES:
        raise ValueError(
            f'data.test is a {kind}, whose figures have not been chosen: expected one of '
            f'{sorted(_MEASURES)}'
        )
    return _MEASURES[kind]


def _kitti(figures: Mapping[str, float], classes: Sequence[str]) -> dict[str, float]:
    """Mean AP over the classes, at 40 recalls, moderate; and the mean of the four."""
    found = {
        f'{view} {strictness}': mean(
            _named(figures, figure_name(name, view.lower(), 'AP40', 'moderate', strictness))
            for name in class_names(classes)
        )
        for strictness in _STRICTNESS
        for view in _VIEWS
    }
    return found | {'mean of four': mean(found.values())}


def _nuscenes(figures: Mapping[str, float], classes: Sequence[str]) -> dict[str, float]:
    return {name: 100 * _named(figures, f'NuScenes/{name}') for name in ('mAP', 'NDS')}


def _named(figures: Mapping[str, float], name: str) -> float:
    """A figure, also of a detector that reports under a branch such as ``pts_bbox``."""
    return next(value for key, value in figures.items() if key.endswith(name))


_MEASURES = {
    'KittiDataset': Measure('kitti', 'mAP', _kitti),
    'NuScenesDataset': Measure('nuscenes', 'bbox', _nuscenes),
}
