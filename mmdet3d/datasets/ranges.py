"""What part of space a detector looks at, as its config says."""

from collections.abc import Sequence
from typing import Any

import mmcv

from mmdet3d.utils.config import find_steps


def range_of_detector(cfg: mmcv.Config) -> Sequence[float] | None:
    """Return the range of a detector's voxels.

    Args:
        cfg: config of the detector.

    Returns:
        (x_min, y_min, z_min, x_max, y_max, z_max) in metres; None for a detector without voxels.
    """
    voxels = [cfg.model.get(name) for name in ('voxel_layer', 'pts_voxel_layer')]
    return next((each['point_cloud_range'] for each in voxels if each), None)


def range_of_points(pipeline: Sequence[Any]) -> Sequence[float] | None:
    """Return the range of the points that a pipeline keeps.

    Args:
        pipeline: configs of its steps.

    Returns:
        (x_min, y_min, z_min, x_max, y_max, z_max) in metres; None if it keeps all.
    """
    configs = [step for step in pipeline if isinstance(step, dict)]  # others are callables
    steps = find_steps(configs, 'PointsRangeFilter')
    return next((step['point_cloud_range'] for step in steps), None)


def check_range(limits: Sequence[float], name: str) -> None:
    """Refuse what is no range.

    Args:
        limits: what was given for one.
        name: what it was given as, for the message.

    Raises:
        ValueError: if it is not six numbers, each least one below its greatest one.
    """
    try:
        is_range = len(limits) == 6 and all(limits[i] < limits[i + 3] for i in range(3))
    except TypeError:
        is_range = False
    if not is_range:
        raise ValueError(
            f'{name}={limits!r}; expected (x_min, y_min, z_min, x_max, y_max, z_max) in metres, '
            'each minimum below its maximum'
        )
