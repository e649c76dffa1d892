"""A cloud as a scanner on a street makes it: flat ground, and something that stands all around."""

import numpy as np

_GROUND = 1.8  # metres below the scanner


def plain_scan(columns: int, num_points: int | None = None) -> np.ndarray:
    """Make the cloud that a detector's arithmetic is counted on where none is given.

    With four columns it is as dense and as wide as the part of a KITTI frame that the camera sees,
    with more it is as a sweep of nuScenes, all around. It is the same at every call.

    Args:
        columns: values per point: x, y, z in metres, reflectance, then zeros.
        num_points: how many points; by default as many as come back. Of these, the first are
            repeated if more are asked for, and points are left out evenly if fewer.

    Returns:
        float32 of shape (num_points, columns).
    """
    rng = np.random.default_rng(0)
    if columns <= 4:
        points = _scan(np.linspace(2, -24.8, 64), np.linspace(-40, 40, 464), rng)
    else:
        points = _scan(np.linspace(10.67, -30.67, 32), np.linspace(-180, 180, 1624), rng)
    if num_points is not None and num_points <= len(points):
        points = points[np.linspace(0, len(points) - 1, num_points).astype(int)]
    elif num_points is not None:
        points = points[np.arange(num_points) % len(points)]
    cloud = np.zeros((len(points), columns), dtype=np.float32)
    shared = min(columns, points.shape[1])
    cloud[:, :shared] = points[:, :shared]
    return cloud


def _scan(elevations: np.ndarray, azimuths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points of shape (N, 4) of beams at angles in degrees."""
    elevation, azimuth = np.radians(elevations)[:, None], np.radians(azimuths)
    # In every four degrees something rough stands 5 to 60 m away, 1 to 8 m above the ground.
    sector = ((azimuths - azimuths[0]) // 4).astype(int)
    wall = np.exp(rng.uniform(np.log(5), np.log(60), sector[-1] + 1))[sector]
    top = rng.uniform(1, 8, sector[-1] + 1)[sector] - _GROUND
    ground = _GROUND / np.maximum(-np.tan(elevation), 1e-6)
    rough = rng.normal(0, 1, (len(elevations), len(azimuths)))
    across = np.where(ground < wall, ground + 0.02 * rough, wall + 0.3 * rough)
    height = across * np.tan(elevation)
    # A third of the echoes is too weak.
    seen = ((ground < wall) | (height < top)) & (rng.random(rough.shape) > 1 / 3)
    place = np.stack([across * np.cos(azimuth), across * np.sin(azimuth), height], axis=-1)
    return np.column_stack([place[seen], rng.uniform(0, 0.6, int(seen.sum()))])
