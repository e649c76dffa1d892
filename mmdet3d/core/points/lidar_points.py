"""Points in the LiDAR frame."""

from __future__ import annotations

from typing import Any

from mmdet3d.core.bbox.structures.coord_3d_mode import Coord3DMode, points_in
from mmdet3d.core.points.base_points import BasePoints


@points_in(Coord3DMode.LIDAR)
class LiDARPoints(BasePoints):
    """Points with x forward, y left, z up. The rest is described at ``BasePoints``."""

    def convert_to(self, dst: Coord3DMode, rt_mat: Any = None) -> BasePoints:
        """Convert to another frame.

        Args and errors are those of ``Coord3DMode.convert``.
        """
        return Coord3DMode.convert_point(self, Coord3DMode.LIDAR, dst, rt_mat)
