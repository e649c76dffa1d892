"""Points from memory, checked as those of files are, and clouds written as KITTI has them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmcv_patched.full_disk import atomic_write
from mmdet3d.clouds.checks import check_points
from mmdet3d.clouds.read import SUFFIXES, find_cloud, read_points
from mmdet3d.utils.errors import DataFormatError

__all__ = ['SUFFIXES', 'find_cloud', 'points_from_memory', 'read_points', 'write_points']


def points_from_memory(
    points: Any, num_features: int, use_dim: Sequence[int], where: str = 'the points given'
) -> np.ndarray:
    """Check points in memory as :func:`mmdet3d.clouds.read.read_points` checks those of a file.

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
