"""What point clouds and sets of boxes have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import torch


def float_rows(data: Any, width: int, what: str) -> torch.Tensor:
    """Bring data to an (N, width) float32 tensor, without copying where none is needed.

    Args:
        data: tensor, array or nested sequence of N rows. Anything empty becomes (0, width).
        width: number of columns expected.
        what: the argument's name, for the error.

    Raises:
        ValueError: if the data is not two-dimensional or has another number of columns.
    """
    rows = torch.as_tensor(data, dtype=torch.float32)
    if rows.numel() == 0:
        return rows.reshape(0, width)
    if rows.dim() != 2 or rows.shape[1] != width:
        raise ValueError(
            f'{what} has shape {tuple(rows.shape)}, expected (N, {width}); pass the number of '
            'columns to the constructor if it differs from the default'
        )
    return rows


class TensorRows:
    """N rows of numbers in a float32 tensor whose first three columns are x, y, z in metres.

    Subclasses say what the columns mean: they implement ``like`` and ``bev``.
    """

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor

    def like(self, rows: torch.Tensor) -> Self:
        """Wrap other rows of the same layout in an object of this class."""
        raise NotImplementedError(f'{type(self).__name__} does not define like()')

    @property
    def bev(self) -> torch.Tensor:
        """Rows of the bird's eye view; the first two columns are the position in the plane."""
        raise NotImplementedError(f'{type(self).__name__} does not define bev')

    @property
    def device(self) -> torch.device:
        """Device of the tensor."""
        return self.tensor.device

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move to a device; takes the arguments of ``torch.Tensor.to``."""
        return self.like(self.tensor.to(*args, **kwargs))

    def clone(self) -> Self:
        """Copy the rows."""
        return self.like(self.tensor.clone())

    @classmethod
    def cat(cls, items: Sequence[Self]) -> Self:
        """Concatenate along the rows; of nothing, give an object without rows.

        Raises:
            TypeError: if the items are no sequence of objects of this class.
            ValueError: if their numbers of columns differ.
        """
        if not isinstance(items, (list, tuple)) or not all(isinstance(i, cls) for i in items):
            given = [type(i).__name__ for i in items] if isinstance(items, (list, tuple)) else items
            raise TypeError(f'cat expects a list or tuple of {cls.__name__}, got {given}')
        if not items:
            return cls(torch.empty(0))
        widths = sorted({item.tensor.shape[1] for item in items})
        if len(widths) > 1:
            raise ValueError(f'cat expects one number of columns, got {widths}')
        return items[0].like(torch.cat([item.tensor for item in items]))

    def translate(self, trans_vector: torch.Tensor | np.ndarray | Sequence[float]) -> None:
        """Shift in place by a vector (3,), (1, 3), or one per row (N, 3), in metres.

        Raises:
            ValueError: if the vector has another shape.
        """
        shift = torch.as_tensor(trans_vector, dtype=self.tensor.dtype, device=self.device)
        if tuple(shift.shape) not in {(3,), (1, 3), (len(self), 3)}:
            raise ValueError(
                f'trans_vector has shape {tuple(shift.shape)}, '
                f'expected (3,), (1, 3) or ({len(self)}, 3)'
            )
        self.tensor[:, :3] += shift

    def in_range_3d(self, limits: torch.Tensor | Sequence[float]) -> torch.Tensor:
        """Tell which rows lie strictly inside a block of space.

        Args:
            limits: (x_min, y_min, z_min, x_max, y_max, z_max) in metres.

        Returns:
            bool of shape (N,).

        Raises:
            ValueError: if there are not six limits.
        """
        return _strictly_between(self.tensor[:, :3], limits)

    def in_range_bev(self, limits: torch.Tensor | Sequence[float]) -> torch.Tensor:
        """Tell which rows lie strictly inside a rectangle of the bird's eye view.

        Args:
            limits: (x_min, y_min, x_max, y_max) in metres, in the axes of ``bev``.

        Returns:
            bool of shape (N,).

        Raises:
            ValueError: if there are not four limits.
        """
        return _strictly_between(self.bev[:, :2], limits)

    def __getitem__(self, item: Any) -> Self:
        if isinstance(item, (int, np.integer)):
            return self.like(self.tensor[int(item)][None])
        rows = self.tensor[item]
        if rows.dim() != 2:
            raise IndexError(
                f'indexing {type(self).__name__} with {item!r} gives shape {tuple(rows.shape)}; '
                'use an integer, a slice, a mask (N,) or indices (M,)'
            )
        return self.like(rows)

    def __len__(self) -> int:
        return self.tensor.shape[0]

    def __iter__(self) -> Iterator[torch.Tensor]:
        yield from self.tensor

    def __repr__(self) -> str:
        return f'{type(self).__name__}(\n    {self.tensor})'


def _strictly_between(
    positions: torch.Tensor, limits: torch.Tensor | Sequence[float]
) -> torch.Tensor:
    width = positions.shape[1]
    bounds = torch.as_tensor(limits, dtype=positions.dtype, device=positions.device)
    if bounds.numel() != 2 * width:
        raise ValueError(
            f'a range needs {2 * width} numbers (minima, then maxima), got {bounds.tolist()}'
        )
    low, high = bounds.view(2, width)
    return ((positions > low) & (positions < high)).all(dim=1)
