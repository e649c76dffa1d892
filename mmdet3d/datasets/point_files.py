"""Reading and writing KITTI point clouds: float32 values, one point after the other."""

import warnings
from pathlib import Path

import numpy as np

from mmdet3d.datasets.files import DataFormatError, atomic_write, require_file


def read_points(path: str | Path, num_features: int = 4) -> np.ndarray:
    """Read a cloud from a ``.bin`` file.

    Points with a value that is not finite are dropped, with a warning that names the file and
    their number: one of them would turn every loss into NaN.

    Args:
        path: the file, as KITTI's ``velodyne/000008.bin``.
        num_features: values per point; 4 for KITTI: x, y, z in metres, reflectance in 0..1.

    Returns:
        float32 array of shape (N, num_features).

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if the size of the file is not a whole number of points.
    """
    path = require_file(path, 'a point cloud')
    values = np.fromfile(path, dtype=np.uint8)
    point_bytes = 4 * num_features
    if values.size % point_bytes:
        raise DataFormatError(
            f'{path}: {values.size} bytes is not a multiple of {point_bytes} bytes '
            f'({num_features} float32 values per point). The file is cut short, or its points '
            f'have another number of features.'
        )
    return _drop_non_finite(values.view(np.float32).reshape(-1, num_features), path)


def write_points(path: str | Path, points: np.ndarray) -> None:
    """Write a cloud as float32, atomically.

    Args:
        path: the ``.bin`` file to write.
        points: of shape (N, num_features).
    """
    with atomic_write(path) as file:
        file.write(np.ascontiguousarray(points, dtype=np.float32).tobytes())


def _drop_non_finite(points: np.ndarray, path: Path) -> np.ndarray:
    finite_values = np.isfinite(points)
    if finite_values.all():
        return points
    finite = finite_values.all(axis=1)
    warnings.warn(
        f'{path}: dropped {np.count_nonzero(~finite)} of {len(points)} points that have NaN or '
        'infinite values',
        stacklevel=3,
    )
    return points[finite]
