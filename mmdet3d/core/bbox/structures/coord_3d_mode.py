"""Which frame coordinates are in, and how points and boxes change to another."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, unique
from typing import Any, TypeVar

import torch

from mmdet3d.core.bbox.structures.box_3d_mode import Box3DMode
from mmdet3d.core.bbox.structures.box_rows import BoxRows
from mmdet3d.core.geometry.frames import apply_to_rows, frame_matrix, transform_positions
from mmdet3d.core.geometry.tensor_rows import TensorRows

PointClass = TypeVar('PointClass', bound=type[TensorRows])


@unique
class Coord3DMode(IntEnum):
    """Frames of coordinates, numbered like ``Box3DMode``, where the axes are described."""

    LIDAR = 0
    CAM = 1
    DEPTH = 2

    @staticmethod
    def convert(
        input: Any,
        src: Coord3DMode,
        dst: Coord3DMode,
        rt_mat: Any = None,
        with_yaw: bool = True,
        is_point: bool = True,
        correct_yaw: bool = False,
    ) -> Any:
        """Convert points or boxes between LIDAR and CAM.

        Args:
            input: boxes or points object; or a tensor or array of rows, or one row in a list or
                tuple.
            src: frame the input is in.
            dst: frame to convert to.
            rt_mat: matrix from ``src`` to ``dst``; None only swaps the axes.
            with_yaw: for boxes, whether column 6 is a yaw.
            is_point: whether bare rows are points rather than boxes.
            correct_yaw: for boxes, see ``Box3DMode.convert``.

        Returns:
            the converted input, in the same kind of container.

        Raises:
            NotImplementedError, TypeError, ValueError: as ``Box3DMode.convert``.
        """
        is_box = isinstance(input, BoxRows)
        if is_box or not (is_point or isinstance(input, TensorRows)):
            return Coord3DMode.convert_box(input, src, dst, rt_mat, with_yaw, correct_yaw)
        return Coord3DMode.convert_point(input, src, dst, rt_mat)

    @staticmethod
    def convert_box(
        box: Any,
        src: Coord3DMode,
        dst: Coord3DMode,
        rt_mat: Any = None,
        with_yaw: bool = True,
        correct_yaw: bool = False,
    ) -> Any:
        """Convert boxes: ``Box3DMode.convert``."""
        return Box3DMode.convert(
            box, Box3DMode(src), Box3DMode(dst), rt_mat, with_yaw=with_yaw, correct_yaw=correct_yaw
        )

    @staticmethod
    def convert_point(point: Any, src: Coord3DMode, dst: Coord3DMode, rt_mat: Any = None) -> Any:
        """Convert points (..., 3 or more); columns after the third are passed on as they are.

        Args and errors are those of ``convert``.
        """
        if src == dst:
            return point
        src, dst = Coord3DMode(src), Coord3DMode(dst)
        if isinstance(point, TensorRows):
            return _convert_object(point, src, dst, rt_mat)
        return apply_to_rows(point, lambda rows: _convert_rows(rows, src, dst, rt_mat))


_CLASSES: dict[Coord3DMode, Callable[..., Any]] = {}


def points_in(mode: Coord3DMode) -> Callable[[PointClass], PointClass]:
    """Decorate the class of points in a frame, to which points from others are converted."""

    def register(cls: PointClass) -> PointClass:
        _CLASSES[mode] = cls
        return cls

    return register


def _convert_object(points: Any, src: Coord3DMode, dst: Coord3DMode, rt_mat: Any) -> Any:
    """Convert points of one frame's class to those of another's."""
    rows = _convert_rows(points.tensor, src, dst, rt_mat)
    return _CLASSES[dst](rows, rows.shape[-1], points.attribute_dims)


def _convert_rows(
    rows: torch.Tensor, src: Coord3DMode, dst: Coord3DMode, rt_mat: Any
) -> torch.Tensor:
    if rows.shape[-1] < 3:
        raise ValueError(f'points need at least 3 columns, got shape {tuple(rows.shape)}')
    matrix = frame_matrix(src, dst, rt_mat, rows)
    return torch.cat([transform_positions(rows[..., :3], matrix), rows[..., 3:]], dim=-1)
