"""The columns of 3D boxes that turn about the vertical, and the quantities derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import torch

from mmdet3d.core.geometry.rotations import limit_period, rotation_3d_in_axis
from mmdet3d.core.geometry.tensor_rows import TensorRows, float_rows

# Corners in units of the dimensions: the first coordinate changes slowest, and the last two go
# around the face.
UNIT_CORNERS = (
    (0, 0, 0),
    (0, 0, 1),
    (0, 1, 1),
    (0, 1, 0),
    (1, 0, 0),
    (1, 0, 1),
    (1, 1, 1),
    (1, 1, 0),
)

# Metres beyond which a box is measured as if it ended there.
FURTHEST = 1e9


class BoxRows(TensorRows):
    """The columns of a set of boxes, and what follows from them.

    The arguments are those of ``BaseInstance3DBoxes``. The class variables describe the frame:
    the point of a box that its columns position (``ORIGIN``, in units of the dimensions), the axis
    of the yaw, the two axes of the bird's eye view, and whether the vertical axis points up (1) or
    down (-1).
    """

    ORIGIN: ClassVar[tuple[float, float, float]] = (0.5, 0.5, 0.0)
    YAW_AXIS: ClassVar[int] = 2
    BEV_AXES: ClassVar[tuple[int, int]] = (0, 1)
    UP: ClassVar[int] = 1

    def __init__(
        self,
        tensor: torch.Tensor | np.ndarray | Sequence[Sequence[float]],
        box_dim: int = 7,
        with_yaw: bool = True,
        origin: Sequence[float] | None = None,
    ) -> None:
        if box_dim < 6:
            raise ValueError(f'box_dim must be 6 (no yaw), 7 or more, got {box_dim}')
        rows = float_rows(tensor, box_dim, f'tensor of {type(self).__name__}').clone()
        if box_dim == 6:
            rows = torch.cat([rows, rows.new_zeros(len(rows), 1)], dim=1)
        super().__init__(rows)
        self.box_dim = max(box_dim, 7)
        self.with_yaw = with_yaw and box_dim > 6
        if origin is not None:
            self._move_origin(origin)

    def _move_origin(self, origin: Sequence[float]) -> None:
        if len(origin) != 3:
            raise ValueError(f'origin needs three numbers such as {self.ORIGIN}, got {origin}')
        shift = self.tensor.new_tensor(self.ORIGIN) - self.tensor.new_tensor(tuple(origin))
        self.tensor[:, :3] += self.dims * shift

    def like(self, rows: torch.Tensor) -> Self:
        """Wrap other rows (N, box_dim) in boxes of the same kind."""
        return type(self)(rows, box_dim=self.box_dim, with_yaw=self.with_yaw)

    def new_box(self, data: torch.Tensor | np.ndarray | Sequence[Sequence[float]]) -> Self:
        """Make boxes of the same kind, on the same device, from other data (N, box_dim)."""
        return self.like(torch.as_tensor(data, dtype=self.tensor.dtype, device=self.device))

    @property
    def dims(self) -> torch.Tensor:
        """Extents along the box's own x, y, z in metres, of shape (N, 3)."""
        return self.tensor[:, 3:6]

    @property
    def volume(self) -> torch.Tensor:
        """Volumes in cubic metres, of shape (N,)."""
        return self.dims.prod(dim=1)

    @property
    def yaw(self) -> torch.Tensor:
        """Angles about the vertical in radians, of shape (N,)."""
        return self.tensor[:, 6]

    @property
    def height(self) -> torch.Tensor:
        """Heights in metres, of shape (N,)."""
        return self.dims[:, self.YAW_AXIS]

    @property
    def bottom_height(self) -> torch.Tensor:
        """Vertical coordinates of the bottom face, of shape (N,)."""
        return self.tensor[:, self.YAW_AXIS]

    @property
    def top_height(self) -> torch.Tensor:
        """Vertical coordinates of the top face, of shape (N,)."""
        return self.bottom_height + self.UP * self.height

    @property
    def bottom_center(self) -> torch.Tensor:
        """Centres of the bottom faces, of shape (N, 3)."""
        return self.tensor[:, :3]

    @property
    def center(self) -> torch.Tensor:
        """The same as ``bottom_center``, the point that positions a box; of shape (N, 3)."""
        return self.bottom_center

    @property
    def gravity_center(self) -> torch.Tensor:
        """Centres of the boxes, of shape (N, 3)."""
        to_middle = self.tensor.new_tensor((0.5, 0.5, 0.5)) - self.tensor.new_tensor(self.ORIGIN)
        return self.bottom_center + self.dims * to_middle

    @property
    def corners(self) -> torch.Tensor:
        """Corners of shape (N, 8, 3).

        Before the rotation they are x0y0z0, x0y0z1, x0y1z1, x0y1z0, then the same with x1, where
        0 is the lower end of the axis.
        """
        units = self.tensor.new_tensor(UNIT_CORNERS) - self.tensor.new_tensor(self.ORIGIN)
        offsets = rotation_3d_in_axis(self.dims[:, None] * units, self.yaw, axis=self.YAW_AXIS)
        return self.bottom_center[:, None] + offsets

    @property
    def bev(self) -> torch.Tensor:
        """Rectangles (x, y, dx, dy, angle) in the bird's eye view, of shape (N, 5).

        The angle is counter-clockwise in the plane of the two axes.
        """
        first, second = self.BEV_AXES
        columns = self.tensor[:, [first, second, 3 + first, 3 + second]]
        return torch.cat([columns, self.UP * self.yaw[:, None]], dim=1)

    @property
    def is_sound(self) -> torch.Tensor:
        """Whether each box is finite and positive in size; bool of shape (N,)."""
        dx, dy, dz = self.dims.unbind(dim=1)
        numbers = self.tensor[:, :7]
        # A sum is finite if what is added is, and zero times what is not finite is NaN; a product
        # of matrices is the fastest sum of short rows.
        finite = (numbers @ numbers.new_ones(7)) * 0 == 0
        return finite & (dx > 0) & (dy > 0) & (dz > 0)

    def measured(self) -> Self:
        """Copy the boxes with numbers that products of three are finite of, for overlaps.

        A box that is not sound becomes one without extent, and numbers beyond 1e9 metres become
        that; any other box stays as it is.
        """
        boxes = self.like(self.tensor)
        boxes.tensor[:, :6].clamp_(-FURTHEST, FURTHEST)
        boxes.tensor.index_fill_(0, (~self.is_sound).nonzero().squeeze(1), 0)
        return boxes

    @property
    def nearest_bev(self) -> torch.Tensor:
        """Upright rectangles (x1, y1, x2, y2) of shape (N, 4).

        The yaw is rounded to a multiple of 90 degrees. SECOND (Yan et al. 2018) matches anchors
        this way.
        """
        centres, sizes, angles = self.bev.split([2, 2, 1], dim=1)
        crosswise = limit_period(angles, 0.5, np.pi).abs() > np.pi / 4
        half = torch.where(crosswise, sizes.flip(1), sizes) / 2
        return torch.cat([centres - half, centres + half], dim=1)
