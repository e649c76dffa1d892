"""Angles, rotations and projections, for tensors and for arrays."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Literal, TypeVar, overload

import numpy as np
import torch

ArrayOrTensor = TypeVar('ArrayOrTensor', np.ndarray, torch.Tensor)
Angles = TypeVar('Angles', float, np.ndarray, torch.Tensor)


def limit_period(val: Angles, offset: float = 0.5, period: float = np.pi) -> Angles:
    """Wrap values into [-offset * period, (1 - offset) * period).

    Computed in float64; what rounding to a shorter type would put outside becomes the nearest
    number inside. What is not finite becomes NaN.

    Args:
        val: any shape, in the unit of ``period``.
        offset: which part of the period lies below zero.
        period: length of the period.

    Returns:
        of the type and shape given; of whole numbers, float64.
    """
    if isinstance(val, torch.Tensor):
        return _wrap(val, offset, period)
    array = np.asarray(val)
    wrapped: Any = _wrap(torch.from_numpy(np.atleast_1d(array)), offset, period).numpy()
    return wrapped.reshape(array.shape)[()]


def _wrap(val: torch.Tensor, offset: float, period: float) -> torch.Tensor:
    dtype = val.dtype if val.is_floating_point() else torch.float64
    rest = torch.fmod(val.double(), period)  # exact, however large the value
    rest -= (rest / period).add_(offset).floor_().mul_(period)
    return rest.to(dtype).clamp(*_numbers_within(-offset * period, (1 - offset) * period, dtype))


@cache
def _numbers_within(low: float, high: float, dtype: torch.dtype) -> tuple[float, float]:
    """Return the least and the largest number of a type that lie in [low, high)."""
    first, last = torch.tensor([low, high], dtype=dtype)
    if first.double() < low:
        first = torch.nextafter(first, first.new_tensor(math.inf))
    if last.double() >= high:
        last = torch.nextafter(last, last.new_tensor(-math.inf))
    return first.item(), last.item()


def rotation_matrices(angles: torch.Tensor, axis: int, ndim: int = 3) -> torch.Tensor:
    """Build matrices which rotate row vectors (``rows @ matrix``) by the right-hand rule.

    Args:
        angles: of shape (N,) in radians.
        axis: the axis of rotation, -3 to 2. With ``ndim`` 2 it has no effect.
        ndim: 2 or 3.

    Returns:
        of shape (N, ndim, ndim), of the dtype and device of ``angles``.

    Raises:
        ValueError: if there is no such axis, or ndim is neither 2 nor 3.
    """
    if ndim not in (2, 3):
        raise ValueError(f'can rotate points of 2 or 3 coordinates, got {ndim}')
    if not -3 <= axis <= 2:
        raise ValueError(f'axis must lie in -3..2, got {axis}')
    # In the cyclic order x, y, z, x, ... the two axes after the rotation axis span its plane.
    first, second = ((axis + 1) % 3, (axis + 2) % 3) if ndim == 3 else (0, 1)
    sin, cos = torch.sin(angles), torch.cos(angles)
    matrices = torch.eye(ndim, dtype=angles.dtype, device=angles.device).repeat(len(angles), 1, 1)
    matrices[:, first, first] = cos
    matrices[:, second, second] = cos
    matrices[:, first, second] = sin
    matrices[:, second, first] = -sin
    return matrices


@overload
def rotation_3d_in_axis(
    points: ArrayOrTensor,
    angles: ArrayOrTensor | float,
    axis: int = 0,
    return_mat: Literal[False] = False,
    clockwise: bool = False,
) -> ArrayOrTensor: ...
@overload
def rotation_3d_in_axis(
    points: ArrayOrTensor,
    angles: ArrayOrTensor | float,
    axis: int = 0,
    *,
    return_mat: Literal[True],
    clockwise: bool = False,
) -> tuple[ArrayOrTensor, ArrayOrTensor]: ...
def rotation_3d_in_axis(
    points: Any, angles: Any, axis: int = 0, return_mat: bool = False, clockwise: bool = False
) -> Any:
    """Rotate points about an axis, counter-clockwise seen from its tip unless told otherwise.

    Args:
        points: of shape (N, M, 3) or (M, 3); with two coordinates, they rotate in their plane.
        angles: of shape (N,), for points (N, M, 3), or one angle for all points; radians.
        axis: the axis of rotation: 0, 1, 2 or -3, -2, -1.
        return_mat: also give the matrices.
        clockwise: rotate the other way.

    Returns:
        the rotated points, of the type and shape given; with ``return_mat`` also the matrices (N,
        3, 3), or (3, 3) for points (M, 3), such that ``rotated = points @ matrix``.

    Raises:
        ValueError: if points or angles have other shapes, or there is no such axis.
    """
    is_array = isinstance(points, np.ndarray)
    tensor = torch.from_numpy(points) if is_array else points
    rotated, matrices = _rotate(tensor, angles, axis, clockwise)
    found = (rotated.numpy(), matrices.numpy()) if is_array else (rotated, matrices)
    return found if return_mat else found[0]


def _rotate(
    points: torch.Tensor, angles: Any, axis: int, clockwise: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    if points.dim() not in (2, 3):
        raise ValueError(f'points have shape {tuple(points.shape)}, expected (N, M, 3) or (M, 3)')
    points = points if points.is_floating_point() else points.float()
    batch = points if points.dim() == 3 else points[None]
    angles = torch.as_tensor(angles, dtype=points.dtype, device=points.device)
    if angles.numel() == 1:
        angles = angles.reshape(1).expand(len(batch))
    if angles.shape != batch.shape[:1]:
        raise ValueError(
            f'angles have shape {tuple(angles.shape)}, expected one angle or ({len(batch)},)'
        )
    matrices = rotation_matrices(-angles if clockwise else angles, axis, batch.shape[-1])
    rotated = batch @ matrices
    return (rotated, matrices) if points.dim() == 3 else (rotated[0], matrices[0])


def as_rotation_matrix(rotation: Any, axis: int, like: torch.Tensor) -> torch.Tensor:
    """Bring an angle or a matrix to a matrix for row vectors.

    Args:
        rotation: one angle in radians, or a (3, 3) matrix, which is taken as it is.
        axis: the axis the angle turns about.
        like: tensor whose dtype and device the matrix gets.

    Returns:
        of shape (3, 3).

    Raises:
        ValueError: if the rotation is neither.
    """
    rotation = torch.as_tensor(rotation, dtype=like.dtype, device=like.device)
    if rotation.numel() == 1:
        return rotation_matrices(rotation.reshape(1), axis)[0]
    if rotation.shape != (3, 3):
        raise ValueError(
            f'a rotation is one angle or a (3, 3) matrix, got shape {tuple(rotation.shape)}'
        )
    return rotation


def xywhr2xyxyr(boxes_xywhr: torch.Tensor) -> torch.Tensor:
    """Turn (x_centre, y_centre, dx, dy, yaw) into (x1, y1, x2, y2, yaw).

    Args:
        boxes_xywhr: of shape (..., 5) in metres and radians.

    Returns:
        of shape (..., 5): the extents the box has before it is rotated about its centre, and its
        yaw.
    """
    centre, half = boxes_xywhr[..., :2], boxes_xywhr[..., 2:4] / 2
    return torch.cat([centre - half, centre + half, boxes_xywhr[..., 4:5]], dim=-1)


def points_cam2img(
    points_3d: ArrayOrTensor, proj_mat: np.ndarray | torch.Tensor, with_depth: bool = False
) -> ArrayOrTensor:
    """Project points of the camera frame into the image.

    Args:
        points_3d: of shape (..., 3) in metres.
        proj_mat: of shape (3, 3), (3, 4) or (4, 4), such as KITTI's P2.
        with_depth: append the depth in metres.

    Returns:
        pixels of shape (..., 2), or (..., 3) with the depth; of the type of ``points_3d``. Points
        in the plane of the camera come out as infinities.

    Raises:
        ValueError: if the matrix has another shape.
    """
    if isinstance(points_3d, np.ndarray):
        return points_cam2img(torch.from_numpy(points_3d), proj_mat, with_depth).numpy()
    points_3d = points_3d if points_3d.is_floating_point() else points_3d.float()
    matrix = torch.as_tensor(proj_mat, dtype=points_3d.dtype, device=points_3d.device)
    if tuple(matrix.shape) not in {(3, 3), (3, 4), (4, 4)}:
        raise ValueError(
            f'proj_mat has shape {tuple(matrix.shape)}, expected (3, 3), (3, 4) or (4, 4)'
        )
    projected = points_3d @ matrix[:3, :3].T
    if matrix.shape[1] == 4:
        projected = projected + matrix[:3, 3]
    depth = projected[..., 2:3]
    pixels = projected[..., :2] / depth
    return torch.cat([pixels, depth], dim=-1) if with_depth else pixels
