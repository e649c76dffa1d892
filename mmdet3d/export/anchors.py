"""The anchors of a map in the little that tells them, instead of one row for each."""

import torch
from torch import Tensor, nn


class AnchorGrid(nn.Module):
    """The anchors of one map by their index.

    All cells have the same anchors, but for where they are: x depends on the column alone, and y
    on the row. So a model holds kilobytes of them, not megabytes.

    Args:
        anchors: all anchors of a map, of shape (H * W * A, D), by row, column and anchor.
        size: H and W.

    Raises:
        ValueError: if they do not lie on such a grid.
    """

    columns: Tensor
    rows: Tensor
    others: Tensor

    def __init__(self, anchors: Tensor, size: tuple[int, int]) -> None:
        super().__init__()
        height, width = size
        grid = anchors.reshape(height, width, -1, anchors.shape[-1])
        self.width, self.per_cell = width, grid.shape[2]
        self.register_buffer('columns', grid[0, :, :, 0].contiguous())
        self.register_buffer('rows', grid[:, 0, :, 1].contiguous())
        self.register_buffer('others', grid[0, 0, :, 2:].contiguous())
        if not torch.equal(self(torch.arange(len(anchors), device=anchors.device)), anchors):
            raise ValueError(
                'the anchors do not lie on a grid, the same in each cell: only those of '
                'Anchor3DRangeGenerator and AlignedAnchor3DRangeGenerator can be exported'
            )

    def forward(self, index: Tensor) -> Tensor:
        """Return the anchors of shape (K, D) at indices of shape (K,)."""
        anchor, cell = index % self.per_cell, index // self.per_cell
        x = self.columns[cell % self.width, anchor]
        y = self.rows[cell // self.width, anchor]
        return torch.cat([x[:, None], y[:, None], self.others[anchor]], dim=1)
