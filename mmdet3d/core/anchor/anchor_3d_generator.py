"""Anchors spread evenly over a range of space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmdet.core.anchor.builder import PRIOR_GENERATORS


@PRIOR_GENERATORS.register_module()
class Anchor3DRangeGenerator:
    """Anchors on a grid whose outermost ones lie on the borders of the range (SECOND).

    An anchor is (x, y, z, l, w, h, yaw, custom values ...), z at the bottom, in metres and radians.

    Args:
        ranges: (x_min, y_min, z_min, x_max, y_max, z_max) of the anchors' positions: one for each
            size, or one for all.
        sizes: (l, w, h) of each anchor.
        scales: factor on the sizes at each level of the feature pyramid.
        rotations: yaws.
        custom_values: values of further columns, the same for all anchors.
        reshape_out: give the anchors of a level as one list of rows.
        size_per_range: pair sizes with ranges. If False there is one range for all sizes.

    Raises:
        ValueError: if the numbers of ranges and sizes do not go together, one of them has another
            length, or a list is empty.
    """

    def __init__(
        self,
        ranges: Sequence[Sequence[float]],
        sizes: Sequence[Sequence[float]] = ((3.9, 1.6, 1.56),),
        scales: Sequence[float] = (1,),
        rotations: Sequence[float] = (0, 1.5707963),
        custom_values: Sequence[float] = (),
        reshape_out: bool = True,
        size_per_range: bool = True,
    ) -> None:
        _require_rows('ranges', ranges, 6)
        _require_rows('sizes', sizes, 3)
        if not scales or not rotations:
            raise ValueError(
                f'scales and rotations must not be empty, got {scales} and {rotations}'
            )
        allowed = {1, len(sizes)} if size_per_range else {1}
        if len(ranges) not in allowed:
            raise ValueError(
                f'{len(sizes)} sizes go with {sorted(allowed)} ranges '
                f'(size_per_range={size_per_range}), got {len(ranges)}'
            )
        pairs = size_per_range and len(ranges) == 1
        self.ranges = list(ranges) * len(sizes) if pairs else list(ranges)
        self.sizes = sizes
        self.scales = scales
        self.rotations = rotations
        self.custom_values = custom_values
        self.reshape_out = reshape_out
        self.size_per_range = size_per_range

    @property
    def num_base_anchors(self) -> int:
        """Number of anchors at one position."""
        return len(self.sizes) * len(self.rotations)

    @property
    def num_levels(self) -> int:
        """Number of levels of the feature pyramid."""
        return len(self.scales)

    def grid_anchors(
        self, featmap_sizes: Sequence[Sequence[int]], device: str | torch.device = 'cpu'
    ) -> list[torch.Tensor]:
        """Generate the anchors of all levels.

        Args:
            featmap_sizes: size (H, W) or (D, H, W) of the feature map of each level.
            device: device of the anchors.

        Returns:
            for each level anchors of shape (D, H, W, sizes, rotations, 7 + custom values), or with
            ``reshape_out`` the same as (-1, 7 + custom values).

        Raises:
            ValueError: if the number of levels is not that of ``scales``.
        """
        if len(featmap_sizes) != self.num_levels:
            raise ValueError(
                f'{self.num_levels} scales need as many feature maps, got {len(featmap_sizes)}'
            )
        levels = [
            self.single_level_grid_anchors(size, scale, device)
            for size, scale in zip(featmap_sizes, self.scales)
        ]
        return [level.flatten(0, -2) for level in levels] if self.reshape_out else levels

    def single_level_grid_anchors(
        self,
        featmap_size: Sequence[int],
        scale: float,
        device: str | torch.device = 'cpu',
    ) -> torch.Tensor:
        """Generate the anchors of one level, (D, H, W, sizes, rotations, 7 + custom values)."""
        groups = [[size] for size in self.sizes] if self.size_per_range else [self.sizes]
        return torch.cat(
            [
                self.anchors_single_range(
                    featmap_size, anchor_range, scale, sizes, self.rotations, device
                )
                for anchor_range, sizes in zip(self.ranges, groups)
            ],
            dim=-3,
        )

    def anchors_single_range(
        self,
        feature_size: Sequence[int],
        anchor_range: Sequence[float],
        scale: float = 1,
        sizes: Sequence[Sequence[float]] = ((3.9, 1.6, 1.56),),
        rotations: Sequence[float] = (0, 1.5707963),
        device: str | torch.device = 'cpu',
    ) -> torch.Tensor:
        """Generate the anchors of one range.

        Args:
            feature_size: size (H, W) or (D, H, W) of the feature map; D is 1 if left out.
            anchor_range: (x_min, y_min, z_min, x_max, y_max, z_max).
            scale: factor on the sizes.
            sizes: (l, w, h) of each anchor, or of the only one.
            rotations: yaws.
            device: device of the anchors.

        Returns:
            anchors of shape (D, H, W, sizes, rotations, 7 + custom values).
        """
        counts = list(feature_size) if len(feature_size) == 3 else [1, *feature_size]
        z, y, x = (
            self.centers(anchor_range[axis], anchor_range[axis + 3], count, device)
            for axis, count in zip((2, 1, 0), counts)
        )
        dims = torch.tensor(sizes, dtype=torch.float32, device=device).reshape(-1, 3) * scale
        yaws = torch.tensor(rotations, dtype=torch.float32, device=device)
        custom = yaws.new_tensor(self.custom_values)
        anchors = yaws.new_empty(len(z), len(y), len(x), len(dims), len(yaws), 7 + len(custom))
        anchors[..., 0] = x[:, None, None]
        anchors[..., 1] = y[:, None, None, None]
        anchors[..., 2] = z[:, None, None, None, None]
        anchors[..., 3:6] = dims[:, None]
        anchors[..., 6] = yaws
        anchors[..., 7:] = custom
        return anchors

    def centers(
        self, start: float, end: float, count: int, device: str | torch.device
    ) -> torch.Tensor:
        """Place ``count`` anchors along one axis, the first and the last on the borders."""
        return torch.linspace(start, end, count, device=device)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ranges={self.ranges}, sizes={self.sizes}, '
            f'scales={self.scales}, rotations={self.rotations}, '
            f'custom_values={self.custom_values}, reshape_out={self.reshape_out}, '
            f'size_per_range={self.size_per_range})'
        )


@PRIOR_GENERATORS.register_module()
class AlignedAnchor3DRangeGenerator(Anchor3DRangeGenerator):
    """Anchors in the middle of the feature map's cells.

    Args:
        align_corner: put the anchors on the lower corners of the cells instead.
        **kwargs: as for ``Anchor3DRangeGenerator``.
    """

    def __init__(self, align_corner: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.align_corner = align_corner

    def __repr__(self) -> str:
        return f'{super().__repr__()[:-1]}, align_corner={self.align_corner})'

    def centers(
        self, start: float, end: float, count: int, device: str | torch.device
    ) -> torch.Tensor:
        """Place ``count`` anchors along one axis, one in each cell."""
        edges = torch.linspace(start, end, count + 1, device=device)
        shift = 0 if self.align_corner else (edges[1] - edges[0]) / 2
        return edges[:-1] + shift


def _require_rows(name: str, rows: Sequence[Sequence[float]], width: int) -> None:
    fits = isinstance(rows, (list, tuple)) and all(
        isinstance(row, (list, tuple)) and len(row) == width for row in rows
    )
    if not rows or not fits:
        raise ValueError(f'{name} must be a list of lists of {width} numbers, got {rows}')
