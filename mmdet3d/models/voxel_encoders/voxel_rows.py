"""The points of voxels as rows, so that layers compute no padding but one row of it for each."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


@dataclass(frozen=True)
class VoxelRows:
    """Which slots of M voxels, with room for P points each, are computed: R rows, by voxel.

    Layers give all padding of a voxel the same output. So a voxel has a row for each of its points
    and, unless it is full, one more that stands for its padding.

    Attributes:
        num_slots: P.
        num_points: number of points in each voxel, of shape (M,).
        counts: number of rows of each voxel, of shape (M,).
        slots: what slot of the M * P each row is, of shape (R,).
        copies: how many slots each row stands for, 1 or those of the padding, of shape (R,).
        is_padding: whether a row is one of padding, bool of shape (R,).
    """

    num_slots: int
    num_points: Tensor
    counts: Tensor
    slots: Tensor
    copies: Tensor
    is_padding: Tensor

    @classmethod
    def of(cls, num_points: Tensor, num_slots: int) -> 'VoxelRows':
        """Choose the rows.

        Args:
            num_points: number of points in each voxel, of shape (M,).
            num_slots: P, for how many points there is room.
        """
        num_points = num_points.long()
        counts = (num_points + 1).clamp(max=num_slots)
        slot = torch.arange(num_slots, device=num_points.device)
        slots = (slot < counts[:, None]).flatten().nonzero().squeeze(1)
        is_padding = slots % num_slots == num_points.repeat_interleave(counts)
        padding = (num_slots - num_points).repeat_interleave(counts)
        copies = padding.where(is_padding, torch.ones_like(padding))
        return cls(num_slots, num_points, counts, slots, copies, is_padding)

    def gather(self, slots: Tensor) -> Tensor:
        """Return the rows, of shape (R, C), of what all slots (M, P, C) hold."""
        return slots.flatten(0, 1).index_select(0, self.slots)

    def fill(self, rows: Tensor) -> Tensor:
        """Return all slots, of shape (M, P, C), of rows (R, C)."""
        first = self.counts.cumsum(0) - self.counts
        slot = torch.arange(self.num_slots, device=rows.device)
        index = first[:, None] + slot.minimum(self.counts[:, None] - 1)
        return rows.index_select(0, index.flatten()).unflatten(0, index.shape)

    def spread(self, of_voxels: Tensor) -> Tensor:
        """Give each row what its voxel has: (R, C) of (M, C)."""
        return of_voxels.repeat_interleave(self.counts, dim=0)

    def max(self, rows: Tensor) -> Tensor:
        """Return the maximum over each voxel, of shape (M, C), of rows (R, C)."""
        return _SegmentMax.apply(rows, self.counts)

    def mean(self, rows: Tensor) -> Tensor:
        """Return the sum over all slots of a voxel per point that it holds, of shape (M, C)."""
        rows = rows * self.copies[:, None].to(rows)
        return _sums(rows, self.counts) / self.num_points.to(rows)[:, None]


class _SegmentMax(torch.autograd.Function):
    """The maximum over runs of rows, whose gradient is shared by rows that are equally large.

    torch's own gradient of it is right but for ties: where it is negative, each of these rows is
    given all of it instead of its share (torch 2.13).
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, counts: Tensor) -> Tensor:
        """Return the maxima, of shape (M, C), of rows (R, C) in runs of ``counts`` (M,)."""
        largest = torch.segment_reduce(rows, 'max', lengths=counts, axis=0, unsafe=True)
        ctx.save_for_backward(rows, largest, counts)
        return largest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of the rows, of shape (R, C)."""
        rows, largest, counts = ctx.saved_tensors
        is_largest = rows == largest.repeat_interleave(counts, dim=0)
        share = grad / _sums(is_largest.to(grad), counts)
        return is_largest * share.repeat_interleave(counts, dim=0), None


def _sums(rows: Tensor, counts: Tensor) -> Tensor:
    return torch.segment_reduce(rows, 'sum', lengths=counts, axis=0, unsafe=True)
