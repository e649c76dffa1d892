"""Point clouds: positions with further columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch

from mmdet3d.core.geometry.rotations import as_rotation_matrix
from mmdet3d.core.geometry.tensor_rows import TensorRows, float_rows


class BasePoints(TensorRows):
    """N points (x, y, z, ...) in metres; what the further columns hold is up to the data.

    Args:
        tensor: of shape (N, points_dim). The points share its memory where no conversion is needed,
            and their methods work in place: give a copy to keep the original.
        points_dim: number of columns, at least 3.
        attribute_dims: which columns hold an attribute, such as dict(color=[3, 4, 5], height=6).

    Raises:
        ValueError: if the shape does not fit ``points_dim``, or ``points_dim`` is below 3.
    """

    rotation_axis: ClassVar[int] = 2
    BEV_AXES: ClassVar[tuple[int, int]] = (0, 1)
    # Which axis of the bird's eye view changes sign in a flip.
    FLIPPED_AXIS: ClassVar[dict[str, int]] = {'horizontal': 1, 'vertical': 0}

    def __init__(
        self,
        tensor: torch.Tensor | np.ndarray | Sequence[Sequence[float]],
        points_dim: int = 3,
        attribute_dims: dict[str, int | list[int]] | None = None,
    ) -> None:
        if points_dim < 3:
            raise ValueError(f'points_dim must be at least 3 (x, y, z), got {points_dim}')
        super().__init__(float_rows(tensor, points_dim, f'tensor of {type(self).__name__}'))
        self.points_dim = points_dim
        self.attribute_dims = attribute_dims

    def like(self, rows: torch.Tensor) -> Self:
        """Wrap other rows (N, points_dim) in points with the same attributes."""
        return type(self)(rows, points_dim=self.points_dim, attribute_dims=self.attribute_dims)

    def new_point(self, data: torch.Tensor | np.ndarray | Sequence[Sequence[float]]) -> Self:
        """Make points with the same attributes, on the same device, from data (N, points_dim)."""
        return self.like(torch.as_tensor(data, dtype=self.tensor.dtype, device=self.device))

    @property
    def coord(self) -> torch.Tensor:
        """Positions of shape (N, 3)."""
        return self.tensor[:, :3]

    @coord.setter
    def coord(self, positions: torch.Tensor | np.ndarray) -> None:
        self.tensor[:, :3] = torch.as_tensor(positions, dtype=self.tensor.dtype).to(self.device)

    @property
    def height(self) -> torch.Tensor | None:
        """The attribute 'height' of shape (N,), None if there is none."""
        return self._attribute('height')

    @property
    def color(self) -> torch.Tensor | None:
        """The attribute 'color' of shape (N, 3), None if there is none."""
        return self._attribute('color')

    def _attribute(self, name: str) -> torch.Tensor | None:
        column = (self.attribute_dims or {}).get(name)
        return None if column is None else self.tensor[:, column]

    @property
    def shape(self) -> torch.Size:
        """Number of points and of columns."""
        return self.tensor.shape

    @property
    def bev(self) -> torch.Tensor:
        """Positions in the bird's eye view, of shape (N, 2)."""
        return self.tensor[:, list(self.BEV_AXES)]

    def shuffle(self) -> torch.Tensor:
        """Bring the points into a random order, and give the (N,) indices of that order."""
        order = torch.randperm(len(self), device=self.device)
        self.tensor = self.tensor[order]
        return order

    def rotate(self, rotation: Any, axis: int | None = None) -> torch.Tensor:
        """Rotate in place.

        Args:
            rotation: one angle in radians, or a (3, 3) matrix applied as ``rows @ matrix``.
            axis: what an angle turns about; the vertical if None.

        Returns:
            of shape (3, 3), matrix for row vectors.

        Raises:
            ValueError: if ``rotation`` is neither.
        """
        axis = self.rotation_axis if axis is None else axis
        matrix = as_rotation_matrix(rotation, axis, self.tensor)
        self.tensor[:, :3] = self.coord @ matrix
        return matrix

    def flip(self, bev_direction: str = 'horizontal') -> None:
        """Mirror in place.

        Args:
            bev_direction: 'horizontal' swaps left and right, 'vertical' front and back.

        Raises:
            ValueError: if the direction is neither.
        """
        if bev_direction not in self.FLIPPED_AXIS:
            raise ValueError(
                f"bev_direction must be 'horizontal' or 'vertical', got {bev_direction!r}"
            )
        self.tensor[:, self.BEV_AXES[self.FLIPPED_AXIS[bev_direction]]] *= -1

    def scale(self, scale_factor: float) -> None:
        """Scale the positions in place."""
        self.tensor[:, :3] *= scale_factor

    def __getitem__(self, item: Any) -> Self:
        """Select points, or with a pair of indices points and columns.

        x, y and z have to stay in place. Attributes follow their columns.
        """
        if not (isinstance(item, tuple) and len(item) == 2):
            return super().__getitem__(item)
        columns = torch.arange(self.points_dim)[item[1]].reshape(-1).tolist()
        if columns[:3] != [0, 1, 2]:
            raise IndexError(
                f'the columns selected must start with x, y, z (0, 1, 2), got {columns}; '
                'use .tensor to get at single columns'
            )
        rows = self[item[0]].tensor[:, columns]
        return type(self)(rows, len(columns), _moved_attributes(self.attribute_dims, columns))


def _moved_attributes(
    attribute_dims: dict[str, int | list[int]] | None, columns: list[int]
) -> dict[str, int | list[int]] | None:
    """Where the attributes are after a selection of columns; those cut in part are dropped."""
    if attribute_dims is None:
        return None
    place = {column: index for index, column in enumerate(columns)}
    moved: dict[str, int | list[int]] = {}
    for name, dims in attribute_dims.items():
        if isinstance(dims, int):
            if dims in place:
                moved[name] = place[dims]
        elif all(dim in place for dim in dims):
            moved[name] = [place[dim] for dim in dims]
    return moved
