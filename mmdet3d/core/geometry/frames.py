"""Changes of frame between LiDAR and camera, the part boxes and points share."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
import torch

# How the axes are swapped when no calibration is given: LiDAR x forward, y left, z up; camera
# x right, y down, z forward.
LIDAR_TO_CAM = ((0.0, -1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0))
CAM_TO_LIDAR = ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))


def frame_matrix(src: IntEnum, dst: IntEnum, rt_mat: Any, like: torch.Tensor) -> torch.Tensor:
    """Pick the matrix that takes positions from ``src`` to ``dst``.

    Args:
        src: mode converted from, by name LIDAR or CAM.
        dst: mode converted to.
        rt_mat: of shape (3, 3), (3, 4) or (4, 4), or None for the bare swap of axes.
        like: tensor whose dtype and device the matrix gets.

    Raises:
        NotImplementedError: for any pair but LIDAR and CAM.
        ValueError: if the matrix has another shape.
    """
    swaps = {('LIDAR', 'CAM'): LIDAR_TO_CAM, ('CAM', 'LIDAR'): CAM_TO_LIDAR}
    if (src.name, dst.name) not in swaps:
        raise NotImplementedError(
            f'converting {src.name} to {dst.name} is not supported; supported: LIDAR to CAM and '
            'CAM to LIDAR'
        )
    swap = swaps[src.name, dst.name]
    matrix = torch.as_tensor(
        swap if rt_mat is None else rt_mat, dtype=like.dtype, device=like.device
    )
    if tuple(matrix.shape) not in {(3, 3), (3, 4), (4, 4)}:
        raise ValueError(
            f'rt_mat has shape {tuple(matrix.shape)}, expected (3, 3), (3, 4) or (4, 4)'
        )
    return matrix


def transform_positions(positions: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Apply a frame matrix to positions (..., 3)."""
    moved = positions @ matrix[:3, :3].T
    return moved + matrix[:3, 3] if matrix.shape[1] == 4 else moved


def apply_to_rows(rows: Any, function: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Run a function of a tensor (..., D) on a tensor, an array, or one row in a list or tuple.

    Returns:
        the result, in the type of container that was given.

    Raises:
        TypeError: if ``rows`` is none of these.
    """
    if isinstance(rows, torch.Tensor):
        return function(rows if rows.is_floating_point() else rows.float())
    if isinstance(rows, np.ndarray):
        return apply_to_rows(torch.tensor(rows), function).numpy()
    if isinstance(rows, (list, tuple)):
        row = torch.tensor(rows, dtype=torch.float64)
        if row.dim() != 1:
            raise TypeError(
                f'a {type(rows).__name__} is taken as one row of numbers, got shape '
                f'{tuple(row.shape)}; pass several rows as an array or a tensor'
            )
        return type(rows)(function(row[None])[0].tolist())
    raise TypeError(
        f'cannot convert a {type(rows).__name__}; give a tensor, an array, a list, a tuple, or '
        'boxes or points'
    )
