"""Points in the camera frame."""

from __future__ import annotations

from typing import Any, ClassVar

from mmdet3d.core.bbox.structures.coord_3d_mode import Coord3DMode, points_in
from mmdet3d.core.points.base_points import BasePoints


@points_in(Coord3DMode.CAM)
class CameraPoints(BasePoints):
    """Points with x right, y down, z forward. The rest is described at ``BasePoints``."""

    rotation_axis: ClassVar[int] = 1
    BEV_AXES: ClassVar[tuple[int, int]] = (0, 2)
    FLIPPED_AXIS: ClassVar[dict[str, int]] = {'horizontal': 0, 'vertical': 1}

    def convert_to(self, dst: Coord3DMode, rt_mat: Any = None) -> BasePoints:
        """Convert to another frame.

        Args and errors are those of ``Coord3DMode.convert``.
        """
        return Coord3DMode.convert_point(self, Coord3DMode.CAM, dst, rt_mat)
