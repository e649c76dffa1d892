"""From a cloud to the pillars that a model takes, in numpy and numba alone."""

from typing import Any

import numpy as np

from mmdet3d.export.settings import ModelSettings
from mmdet3d.on_cpu.voxelize import assign_points, place_points

# Column of the time lag, and how near in metres the recording car is.
_TIME, _CLOSE = 4, 1.0


def prepare(points: np.ndarray, settings: ModelSettings) -> np.ndarray:
    """Do what the test pipeline of the detector's config does with loaded points.

    Args:
        points: float32 of shape (N, columns that are loaded).
        settings: of the model. With ``sweeps`` the points are the only sweep: their time is 0, and
            with ``pad_empty_sweeps`` they are repeated ``sweeps_num`` times, with ``remove_close``
            without those on the car.

    Returns:
        float32 of shape (M, columns of the model).
    """
    if settings.sweeps is not None:
        points = _as_sweeps(points, **settings.sweeps)
    if settings.points_range is not None:
        low, high = np.split(np.array(settings.points_range, dtype=np.float32), 2)
        xyz = points[:, :3]
        points = points[((xyz > low) & (xyz < high)).all(axis=1)]
    return points


def _as_sweeps(
    points: np.ndarray, sweeps_num: int, use_dim: list[int], pad: bool, remove_close: bool
) -> np.ndarray:
    points = points.copy()
    points[:, _TIME] = 0
    far = (np.abs(points[:, :2]) >= _CLOSE).any(axis=1)
    copies = [points[far] if remove_close else points] * (sweeps_num if pad else 0)
    return np.concatenate([points, *copies])[:, use_dim]


def make_pillars(points: np.ndarray, settings: ModelSettings) -> dict[str, np.ndarray]:
    """Group points by pillar, as :func:`mmdet3d.ops.voxelization` does.

    Args:
        points: float32 of shape (N, columns of the model).
        settings: of the model.

    Returns:
        the model's inputs by name: points of shape (P, slots, columns), zero where there is no
        point, their number (P,), and the cells (P, 4) as (0, z, y, x).
    """
    numbers: Any = settings.voxel_size, settings.point_cloud_range[:3]
    size, low = (np.array(each, dtype=np.float32) for each in numbers)
    place, cells, counts = assign_points(
        np.ascontiguousarray(points[:, :3]),
        low,
        size,
        np.array(settings.grid_size),
        settings.max_num_points,
        settings.max_voxels,
    )
    slots = place_points(points, place, len(cells) * settings.max_num_points)
    return {
        'voxels': slots.reshape(len(cells), settings.max_num_points, points.shape[1]),
        'num_points': counts,
        'coors': np.pad(cells, ((0, 0), (1, 0))),
    }
