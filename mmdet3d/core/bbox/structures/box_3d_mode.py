"""Which frame boxes are in, and how they change to another."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, unique
from typing import Any, TypeVar

import numpy as np
import torch

from mmdet3d.core.bbox.structures.box_rows import BoxRows
from mmdet3d.core.geometry.frames import apply_to_rows, frame_matrix, transform_positions
from mmdet3d.core.geometry.rotations import limit_period

BoxClass = TypeVar('BoxClass', bound=type[BoxRows])


@unique
class Box3DMode(IntEnum):
    """Frames of boxes.

    LIDAR: x forward, y left, z up; (x, y, z, l, w, h, yaw), z at the bottom, yaw counter-clockwise
    from +x. CAM: x right, y down, z forward; (x, y, z, l, h, w, rotation_y), y at the bottom,
    rotation_y clockwise seen from above, as in KITTI's labels. DEPTH exists so that numbers agree
    with mmdetection3d's; converting from or to it is not supported.
    """

    LIDAR = 0
    CAM = 1
    DEPTH = 2

    @staticmethod
    def convert(
        box: Any,
        src: Box3DMode,
        dst: Box3DMode,
        rt_mat: Any = None,
        with_yaw: bool = True,
        correct_yaw: bool = False,
    ) -> Any:
        """Convert boxes between LIDAR and CAM.

        Args:
            box: boxes object, tensor or array (..., 7 or more), or one box in a list or tuple.
                Columns after the yaw are passed on as they are.
            src: frame the boxes are in.
            dst: frame to convert to.
            rt_mat: matrix of shape (3, 3), (3, 4) or (4, 4) from ``src`` to ``dst``, such as the
                inverse of R0_rect @ Tr_velo_to_cam for CAM to LIDAR. None only swaps the axes.
            with_yaw: whether column 6 is a yaw; a boxes object knows itself.
            correct_yaw: turn the heading by ``rt_mat``. Otherwise yaw becomes -yaw - pi / 2, which
                ignores how little the two frames are tilted to each other, as is usual for KITTI.

        Returns:
            boxes in the same kind of container; for a boxes object, of the class for ``dst``. If
            ``src`` is ``dst``, the very object given.

        Raises:
            NotImplementedError: if one of the frames is DEPTH and the other is not.
            TypeError: if ``box`` is none of the above.
            ValueError: if there are too few columns or ``rt_mat`` has another shape.
        """
        if src == dst:
            return box
        src, dst = Box3DMode(src), Box3DMode(dst)
        if isinstance(box, BoxRows):
            rows = _convert_rows(box.tensor, src, dst, rt_mat, box.with_yaw, correct_yaw)
            return _CLASSES[dst](rows, box_dim=rows.shape[-1], with_yaw=box.with_yaw)
        return apply_to_rows(
            box, lambda rows: _convert_rows(rows, src, dst, rt_mat, with_yaw, correct_yaw)
        )


_CLASSES: dict[Box3DMode, type[BoxRows]] = {}


def boxes_in(mode: Box3DMode) -> Callable[[BoxClass], BoxClass]:
    """Decorate the class of boxes in a frame, to which boxes from other frames are converted."""

    def register(cls: BoxClass) -> BoxClass:
        _CLASSES[mode] = cls
        return cls

    return register


def _convert_rows(
    rows: torch.Tensor,
    src: Box3DMode,
    dst: Box3DMode,
    rt_mat: Any,
    with_yaw: bool,
    correct_yaw: bool,
) -> torch.Tensor:
    fewest = 7 if with_yaw else 6
    if rows.shape[-1] < fewest:
        raise ValueError(f'boxes need at least {fewest} columns, got shape {tuple(rows.shape)}')
    matrix = frame_matrix(src, dst, rt_mat, rows)
    parts = [transform_positions(rows[..., :3], matrix), rows[..., [3, 5, 4]]]
    if with_yaw and correct_yaw:
        parts.append(_turned_yaw(rows[..., 6:7], dst, matrix))
    elif with_yaw:
        # Wrapped before, too: of a large angle the difference would keep few digits.
        yaw = limit_period(rows[..., 6:7], period=2 * np.pi)
        parts.append(limit_period(-yaw - np.pi / 2, period=2 * np.pi))
    return torch.cat([*parts, rows[..., fewest:]], dim=-1)


def _turned_yaw(yaw: torch.Tensor, dst: Box3DMode, matrix: torch.Tensor) -> torch.Tensor:
    """Turn the heading by the matrix and measure its yaw in the new frame."""
    cos, sin, level = torch.cos(yaw), torch.sin(yaw), torch.zeros_like(yaw)
    heading = [cos, sin, level] if dst == Box3DMode.CAM else [cos, level, -sin]
    turned = torch.cat(heading, dim=-1) @ matrix[:3, :3].T
    sideways = -turned[..., 2:3] if dst == Box3DMode.CAM else turned[..., 1:2]
    return limit_period(torch.atan2(sideways, turned[..., :1]), period=2 * np.pi)
