"""Warnings about clouds that can be read, but look as if they had been meant otherwise."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmdet3d.clouds.layout import likely_columns, likely_type
from mmdet3d.clouds.scanner import REACH

# Clouds of fewer points, such as single objects, say too little about what they are.
MIN_POINTS = 100
# A share of the points above this is no matter of a few stray ones.
_SHARE = 0.01
# About how many points are looked at.
_SAMPLE = 2048
# No measured value is that small, but garbage often is.
_TINY = 1e-15

_warned: set[tuple[str, Path]] = set()


def warn_once(kind: str, where: str | Path, message: str) -> None:
    """Warn about a file, once for each kind of fault in a folder and process.

    Args:
        kind: what is wrong; files of one folder are mostly wrong alike.
        where: the file. Anything but a path is warned about each time, so that Python's own filter
            shows a message once that names no numbers.
        message: what is wrong and what to do.
    """
    if isinstance(where, Path):
        key = (kind, where.parent)
        if key in _warned:
            return
        _warned.add(key)
    warnings.warn(f'{where}: {message}', stacklevel=3)


def warn_about_values(
    points: np.ndarray, num_features: int, where: str | Path, values: np.ndarray | None
) -> None:
    """Warn if the values are hardly those of a scanner in metres.

    Args:
        points: float32 of shape (N, 3 or more), x, y and z first.
        num_features: values per point that the data set has; KITTI's four have an intensity
            from 0 to 1.
        where: the file, or what was given.
        values: float32 or float64 of shape (N * num_features,), all numbers as they were read; None
            where their columns and types have names.
    """
    if len(points) < MIN_POINTS:
        return
    # One row per column, whose maxima are quick.
    sample = np.ascontiguousarray(points[:: max(1, len(points) // _SAMPLE)].T)
    found: tuple[str, str] | None
    if _is_out_of_reach(sample):
        found = _misread(values, num_features) or _wrong_unit(sample)
    else:
        found = _wrong_columns(values, num_features) or _wrong_intensity(sample, num_features)
    if found is not None:
        warn_once(found[0], where, found[1])


def is_out_of_view(kept: int, given: int) -> bool:
    """Tell whether suspiciously few of the points lie where a detector looks."""
    return given >= MIN_POINTS and kept < _SHARE * given


def warn_out_of_view(
    positions: np.ndarray, limits: Sequence[float], where: str | Path | None
) -> None:
    """Warn that hardly a point lies where the detector looks.

    Args:
        positions: of shape (N, 3 or more) in metres, in the detector's frame.
        limits: (x_min, y_min, z_min, x_max, y_max, z_max) in metres.
        where: the file, None if it is not known.
    """
    low, high = (np.asarray(part, dtype=np.float64) for part in (limits[:3], limits[3:]))

    def share(moved: np.ndarray) -> float:
        return float(((moved > low) & (moved < high)).all(axis=1).mean())

    xyz = positions[:, :3].astype(np.float64)
    reason = 'another frame, with other axes, another unit, or another range than the data needs'
    if share(np.stack([xyz[:, 2], -xyz[:, 0], -xyz[:, 1]], axis=1)) > 0.1:
        reason = 'they look like camera coordinates (x right, y down, z forward)'
    elif np.median(np.abs(xyz).max(axis=1)) > REACH[0] and share(xyz / 1000) > 0.1:
        reason = 'they look like millimetres'
    warn_once(
        'view',
        'points' if where is None else Path(where),
        f'almost none lie in the range {[float(each) for each in limits]} (metres; x forward, y '
        f'left, z up) that the detector looks at. The likely cause: {reason}. Convert the points, '
        'or set point_cloud_range',
    )


def _is_out_of_reach(sample: np.ndarray) -> bool:
    sizes = np.abs(sample)
    # Each column alone, as most clouds need no more than its largest value.
    far = [sizes[i] > REACH[i] for i in range(3) if sizes[i].max() > REACH[i]]
    if far and np.count_nonzero(np.any(far, axis=0)) > _SHARE * sample.shape[1]:
        return True
    tiny = (sizes < _TINY) & (sizes > 0)
    return np.count_nonzero(tiny) > 5 * _SHARE * sample.shape[1]


def _misread(values: np.ndarray | None, num_features: int) -> tuple[str, str] | None:
    other = None if values is None else likely_type(values, num_features)
    if values is None or other is None:
        return _wrong_columns(values, num_features)
    name, columns = other
    return (
        f'type {name} {columns}',
        f'read as {values.dtype} its values are none of a scanner, but as {name} of {columns} '
        f'columns they are; read them as such, and give float32 with {num_features} columns',
    )


def _wrong_columns(values: np.ndarray | None, num_features: int) -> tuple[str, str] | None:
    other = None if values is None else likely_columns(values, num_features)
    if other is None:
        return None
    return (
        f'columns {num_features} {other}',
        f'read as {num_features} values per point, its columns are all alike or repeat; it looks '
        f'like {other} values per point: read it as such, which for files is load_dim={other} '
        '(LoadPointsFromFile), or convert it',
    )


def _wrong_unit(sample: np.ndarray) -> tuple[str, str]:
    xyz = sample[:3].astype(np.float64)
    centre = np.median(xyz, axis=1, keepdims=True)
    spread = np.percentile(np.abs(xyz - centre), 90)
    offset = np.abs(centre).max()
    if spread < REACH[0] and offset > max(REACH[0], 2 * spread):
        cause = 'map coordinates (such as UTM): subtract the position of the sensor'
    elif REACH[2] < spread < 1000 * REACH[0]:
        cause = 'millimetres or centimetres: convert to metres'
    else:
        cause = 'another type or number of columns (load_dim), or broken data'
    return (
        f'reach {cause}',
        'many points are farther away than any scanner sees (1000 m, 200 m in height), or have '
        f'values that none measures. The likely cause: {cause}',
    )


def _wrong_intensity(sample: np.ndarray, num_features: int) -> tuple[str, str] | None:
    if num_features != 4 or len(sample) < 4:
        return None
    intensity = sample[3]
    if intensity.min() < 0 or np.count_nonzero(intensity > 1) < 10 * _SHARE * len(intensity):
        return None
    return (
        'intensity',
        "its intensity goes beyond 1 (0 to 255 is usual), where KITTI's goes from 0 to 1: divide "
        'it by the largest value of the scanner, unless the detector was trained on such clouds',
    )
