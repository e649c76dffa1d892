"""One name for each figure, whichever version of mmdetection3d logged it."""

import re

from mmdet3d.core.evaluation import figure_name, mean_name

# What the tables of the benchmark's text call the figures' 2D, BEV and 3D.
METRICS = {'bbox': 'bbox', '2d': 'bbox', 'bev': 'bev', '3d': '3d'}
LABELS = ('AP11', 'AP40')
DIFFICULTIES = ('easy', 'moderate', 'hard')
NUSCENES = 'NuScenes'
# What the line of an evaluation repeats of the training.
OF_TRAINING = ('lr', 'momentum', 'time', 'data_time', 'memory')

_KITTI = re.compile(
    r'KITTI/(?P<name>.+)_(?P<metric>2D|BEV|3D)(?:_(?P<label>AP11|AP40))?'
    r'_(?P<difficulty>easy|moderate|hard)(?:_(?P<strictness>strict|loose))?'
)
_SPLIT = re.compile(r'[\s_/]+')


def canonical_name(name: str) -> str:
    """Return the name of a figure as this project's evaluation gives it.

    The branch ``pts_bbox`` of a detector is left out. Before mmdetection3d knew average precisions
    at 40 recalls it logged those at 11 without saying so. The words of a name may stand in another
    order (``Car AP40_3D_moderate_strict``). Any other name stays as it is.

    Args:
        name: such as ``pts_bbox/KITTI/Car_3D_AP40_moderate_strict`` or
            ``pts_bbox_NuScenes/NDS``.
    """
    name = re.sub(r'^pts_bbox[/_](?=\w)', '', name)
    match = _KITTI.fullmatch(name)
    words = match.groupdict('') if match else _words(name)
    if words is None:
        return name
    label = words['label'] or LABELS[0]
    metric = METRICS[words['metric'].lower()]
    if words['name'] == 'Overall':
        return mean_name(metric, label, words['difficulty'])
    strictness = words['strictness'] or 'strict'
    return figure_name(words['name'], metric, label, words['difficulty'], strictness)


def _words(name: str) -> dict[str, str] | None:
    """Find the words of a figure of KITTI in any order; None if they are not all there."""
    kinds = {
        'metric': ('2D', 'BEV', '3D'),
        'label': LABELS,
        'difficulty': DIFFICULTIES,
        'strictness': ('strict', 'loose'),
    }
    words = [word for word in _SPLIT.split(name) if word and word != 'KITTI']
    found: dict[str, str] = {}
    for kind, choices in kinds.items():
        of_kind = [word for word in words if word in choices]
        found[kind] = of_kind[-1] if of_kind else ''
        if of_kind:
            words.remove(of_kind[-1])
    if not (words and found['metric'] and found['difficulty']):
        return None
    return {**found, 'name': '_'.join(words)}
