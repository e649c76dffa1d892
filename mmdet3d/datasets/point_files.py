"""Points from files or memory, and clouds written as KITTI has them.

A file is read by its suffix, in any case: ``.bin`` (raw float32 values, as ``.pcd.bin`` of nuScenes
is), ``.npy``, ``.pcd`` (ascii, binary, binary_compressed) or ``.ply``.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmcv_patched.full_disk import atomic_write
from mmdet3d.clouds.checks import check_points
from mmdet3d.clouds.npy import read_npy
from mmdet3d.clouds.pcd import read_pcd
from mmdet3d.clouds.ply import read_ply
from mmdet3d.clouds.raw import read_raw
from mmdet3d.datasets.files import DataFormatError, require_file

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


def points_from_memory(
    points: Any, num_features: int, use_dim: Sequence[int], where: str = 'the points given'
) -> np.ndarray:
    """Check points in memory as :func:`read_points` checks those of a file.

    Args:
        points: array or tensor on any device; see :func:`check_points` for shapes and types. Masked
            points of a masked array count as not finite.
        num_features: values per point that a file has.
        use_dim: which of these columns to give.
        where: what the points are, for messages.

    Returns:
        float32 of shape (N, len(use_dim)), a copy.

    Raises:
        TypeError: if ``points`` is neither array nor tensor.
        DataFormatError: if they are no points of so many columns.
    """
    if isinstance(points, torch.Tensor):
        points = _to_array(points, where)
    if not isinstance(points, np.ndarray):
        raise TypeError(
            f'{where}: of type {type(points).__name__}; expected a file, a numpy array or a tensor '
            f'of shape (N, {num_features}), or a list of such, one for each cloud'
        )
    if isinstance(points, np.ma.MaskedArray) and points.dtype.kind in 'fiu':
        points = np.where(np.ma.getmaskarray(points), np.nan, points.data)
    return np.array(check_points(points, num_features, use_dim, where), order='C')


def _to_array(points: torch.Tensor, where: str) -> np.ndarray:
    if points.layout != torch.strided or points.is_quantized:
        raise DataFormatError(f'{where}: a sparse or quantized tensor; give a dense one')
    points = points.detach().cpu().resolve_conj().resolve_neg()
    return (points.float() if points.dtype == torch.bfloat16 else points).numpy()


def write_points(path: str | Path, points: np.ndarray) -> None:
    """Write a cloud as float32, atomically.

    Args:
        path: the ``.bin`` file to write.
        points: of shape (N, num_features).
    """
    with atomic_write(path) as file:
        file.write(np.ascontiguousarray(points, dtype=np.float32).tobytes())
