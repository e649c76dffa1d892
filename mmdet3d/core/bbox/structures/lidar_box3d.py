"""Boxes in the LiDAR frame."""

from __future__ import annotations

from typing import Any

from mmdet3d.core.bbox.structures.base_box3d import BaseInstance3DBoxes
from mmdet3d.core.bbox.structures.box_3d_mode import Box3DMode, boxes_in


@boxes_in(Box3DMode.LIDAR)
class LiDARInstance3DBoxes(BaseInstance3DBoxes):
    """Boxes (x, y, z, l, w, h, yaw) with x forward, y left, z up and at the bottom.

    The yaw is counter-clockwise seen from above, 0 along +x. Everything else is described at
    ``BaseInstance3DBoxes``.
    """

    def convert_to(
        self, dst: Box3DMode, rt_mat: Any = None, correct_yaw: bool = False
    ) -> BaseInstance3DBoxes:
        """Convert to another frame.

        Args and errors are those of ``Box3DMode.convert``.
        """
        return Box3DMode.convert(self, Box3DMode.LIDAR, dst, rt_mat=rt_mat, correct_yaw=correct_yaw)
