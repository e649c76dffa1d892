"""Which of the curves of a log stand together."""

import re

from mmdet3d.report.curves import Curve, Panel, loss_names
from mmdet3d.report.logs import Log

_KITTI = re.compile(
    r'KITTI/(?P<name>.+)_(?P<view>2D|BEV|3D|AOS)_(?P<label>AP\d+)'
    r'_(?P<difficulty>easy|moderate|hard)(?:_(?P<strictness>strict|loose))?'
)
_NUSCENES = re.compile(r'NuScenes/(?P<name>\w+?)_(?P<figure>AP_dist_[\d.]+|\w+_err)')


def group_panels(log: Log) -> dict[str, list[Panel]]:
    """Put everything that is logged into panels, and these under headings.

    The difficulties of a class of KITTI share a panel, and the figures of a class of nuScenes.

    Args:
        log: the log.
    """
    losses = loss_names(log)
    values = dict.fromkeys(name for step in log.steps for name in step.values)
    groups = {
        'Losses': [_alone(log, name) for name in losses],
        **_evaluations(log),
        'Time and learning rate': [_alone(log, name) for name in values if name not in losses],
    }
    return {heading: panels for heading, panels in groups.items() if panels}


def _alone(log: Log, name: str) -> Panel:
    return Panel(name, [Curve(name, log, name)])


def _evaluations(log: Log) -> dict[str, list[Panel]]:
    curves: dict[tuple[str, str], list[Curve]] = {}
    names = dict.fromkeys(name for each in log.evaluations for name in each.figures)
    # What the training logs too is drawn there.
    for name in (each for each in names if not any(each in step.values for step in log.steps)):
        heading, title, label = _place(name)
        curves.setdefault((heading, title), []).append(Curve(label, log, name))
    groups: dict[str, list[Panel]] = {}
    for (heading, title), each in sorted(curves.items()):
        groups.setdefault(heading, []).append(Panel(title, each))
    return groups


def _place(name: str) -> tuple[str, str, str]:
    """Return the heading, the panel and the label of a figure."""
    kitti, nuscenes = _KITTI.fullmatch(name), _NUSCENES.fullmatch(name)
    if kitti is not None:
        strictness = kitti['strictness'] or 'strict'  # means are over the strict ones
        heading = f'KITTI, {kitti["view"]}, {kitti["label"]}, {strictness} overlaps'
        return heading, kitti['name'], kitti['difficulty']
    if nuscenes is not None:
        kind = 'average precision' if 'AP' in nuscenes['figure'] else 'errors'
        return f'nuScenes, {kind} of each class', nuscenes['name'], nuscenes['figure']
    if name.startswith('NuScenes/'):
        short = name.removeprefix('NuScenes/')
        is_error = short.startswith('m') and short.endswith('E')
        return 'nuScenes', 'mean errors' if is_error else 'mAP and NDS', short
    return 'Evaluation', name, name
