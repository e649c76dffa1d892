"""Boxes in the camera frame."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from mmdet3d.core.bbox.structures.base_box3d import BaseInstance3DBoxes
from mmdet3d.core.bbox.structures.box_3d_mode import Box3DMode, boxes_in
from mmdet3d.core.bbox.structures.coord_3d_mode import Coord3DMode


@boxes_in(Box3DMode.CAM)
class CameraInstance3DBoxes(BaseInstance3DBoxes):
    """Boxes (x, y, z, l, h, w, rotation_y) with x right, z forward, y down and at the bottom.

    rotation_y is clockwise seen from above, 0 along +x, as in KITTI's labels. The axes of the
    bird's eye view are x and z. Everything else is described at ``BaseInstance3DBoxes``.
    """

    ORIGIN: ClassVar[tuple[float, float, float]] = (0.5, 1.0, 0.5)
    YAW_AXIS: ClassVar[int] = 1
    BEV_AXES: ClassVar[tuple[int, int]] = (0, 2)
    UP: ClassVar[int] = -1
    FLIPPED_AXIS: ClassVar[dict[str, int]] = {'horizontal': 0, 'vertical': 1}

    def convert_to(
        self, dst: Box3DMode, rt_mat: Any = None, correct_yaw: bool = False
    ) -> BaseInstance3DBoxes:
        """Convert to another frame.

        Args and errors are those of ``Box3DMode.convert``.
        """
        return Box3DMode.convert(self, Box3DMode.CAM, dst, rt_mat=rt_mat, correct_yaw=correct_yaw)

    def _points_and_boxes(
        self, points: torch.Tensor, boxes_override: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Bring both to the LiDAR's axes, which the operators expect."""
        rows = self.tensor if boxes_override is None else boxes_override
        return super()._points_and_boxes(
            Coord3DMode.convert_point(points, Coord3DMode.CAM, Coord3DMode.LIDAR),
            Box3DMode.convert(rows, Box3DMode.CAM, Box3DMode.LIDAR),
        )
