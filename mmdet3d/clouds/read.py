"""Points from files.

A file is read by its suffix, in any case: ``.bin`` (raw float32 values, as ``.pcd.bin`` of nuScenes
is), ``.npy``, ``.pcd`` (ascii, binary, binary_compressed) or ``.ply``.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from mmdet3d.clouds.checks import check_points
from mmdet3d.clouds.npy import read_npy
from mmdet3d.clouds.pcd import read_pcd
from mmdet3d.clouds.ply import read_ply
from mmdet3d.clouds.raw import read_raw
from mmdet3d.utils.errors import DataFormatError
from mmdet3d.utils.files import require_file

SUFFIXES = ('.bin', '.npy', '.pcd', '.ply')
_READERS: dict[str, Callable[[Path], np.ndarray | dict[str, np.ndarray]]] = {
    '.npy': read_npy,
    '.pcd': read_pcd,
    '.ply': read_ply,
}
_REMEDIES = {
    '.npz': 'save the array in it alone, as .npy (numpy.save)',
    '.gz': 'unpack it (gunzip)',
    '.zip': 'unpack it (unzip)',
}


def read_points(
    path: str | PathLike, num_features: int = 4, use_dim: Sequence[int] | None = None
) -> np.ndarray:
    """Read a cloud from a file; see :func:`check_points` for what is looked at.

    Args:
        path: the file, as KITTI's ``velodyne/000008.bin``. Where there is none, one of the same
            name with another suffix is taken.
        num_features: values per point; 4 for KITTI: x, y, z in metres, reflectance in 0..1. Fields
            of ``.pcd``, ``.ply`` and structured ``.npy`` files are found by name.
        use_dim: which of these columns to give, all by default.

    Returns:
        float32 array of shape (N, num_features), or (N, len(use_dim)).

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if its content or its suffix is not that of a cloud of such points.
    """
    path = require_file(find_cloud(path), 'a point cloud')
    columns = range(num_features) if use_dim is None else use_dim
    suffix = path.suffix.lower()
    if suffix == '.bin':
        return check_points(read_raw(path, num_features), num_features, columns, path)
    if suffix not in _READERS:
        remedy = _REMEDIES.get(suffix, 'convert it; raw float32 values are to be named .bin')
        raise DataFormatError(
            f'{path}: has the suffix {suffix!r}; clouds are read from {", ".join(SUFFIXES)}. '
            f'{remedy[0].upper()}{remedy[1:]}'
        )
    return check_points(_READERS[suffix](path), num_features, columns, path)


def find_cloud(path: str | PathLike) -> Path:
    """Find a cloud whose suffix is another than a list or a layout of folders says.

    Args:
        path: where it should be.

    Returns:
        ``path`` if a file is there, else the first of that name with one of :data:`SUFFIXES`, else
        ``path`` again.
    """
    path = Path(path)
    if path.is_file() or path.suffix.lower() not in SUFFIXES:
        return path
    others = (path.with_suffix(each) for suffix in SUFFIXES for each in (suffix, suffix.upper()))
    return next((other for other in others if other.is_file()), path)
