"""Groups of points around centres, and what a pointwise network makes of them in evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mmdet3d.models.layers.point_rows import RowLayer, run_rows
from mmdet3d.ops import group_points

# What a layer gives for so many values, 1 MB, stays in a core's cache until the next one reads it.
_VALUES_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Groups:
    """Which points lie around which centre.

    Attributes:
        points: positions of shape (B, N, 3) in metres.
        centres: of shape (B, M, 3) in metres.
        around: the points of each group, int64 of shape (B, M, S).
        unit: metres by which positions relative to the centre are divided, None for one.
    """

    points: Tensor
    centres: Tensor
    around: Tensor
    unit: float | None = None

    @classmethod
    def of_all(cls, points: Tensor) -> 'Groups':
        """Return one group of all points (B, N, 3), seen from the origin."""
        around = torch.arange(points.shape[1], device=points.device)
        return cls(points, torch.zeros_like(points[:, :1]), around.expand(len(points), 1, -1))

    def offsets(self) -> Tensor:
        """Return the positions relative to the centres, of shape (B, 3, M, S)."""
        positions = self.points.transpose(1, 2).contiguous()
        offsets = group_points(positions, self.around) - self.centres.transpose(1, 2)[..., None]
        return offsets if self.unit is None else offsets / self.unit

    def blocks(self, width: int) -> Iterator['_Block']:
        """Yield the groups; on a CPU so many at a time that their features stay in its cache.

        Args:
            width: number of channels of the features.
        """
        start = torch.arange(len(self.points), device=self.around.device) * self.points.shape[1]
        points = (self.around + start[:, None, None]).flatten(0, 1)
        on_cpu = self.points.device.type == 'cpu'
        size = max(_VALUES_AT_ONCE // (points.shape[1] * width), 1) if on_cpu else len(points)
        for each in zip(points.split(size), self.centres.flatten(0, 1).split(size)):
            yield _Block.of_distinct(*each) if on_cpu else _Block.of_all(*each)

    def seen_from_centres(self, block: '_Block') -> Tensor:
        """Return the positions of a block's rows relative to their centres, of shape (R, 3)."""
        offsets = self.points.flatten(0, 1).index_select(0, block.points) - block.centres
        return offsets if self.unit is None else offsets / self.unit


class _Block(NamedTuple):
    """Some groups, as rows for a network.

    Attributes:
        points: the point of each row, among all B * N points, of shape (R,).
        centres: the position of the centre that each row is seen from, of shape (R, 3).
        places: the row of each member of the groups, of shape (G, S); None if each has its own.
        shape: numbers of groups and members, G and S.
    """

    points: Tensor
    centres: Tensor
    places: Tensor | None
    shape: torch.Size

    @classmethod
    def of_all(cls, points: Tensor, centres: Tensor) -> '_Block':
        """Return a row for each member of groups (G, S), seen from centres (G, 3)."""
        seen_from = centres.repeat_interleave(points.shape[1], dim=0)
        return cls(points.flatten(), seen_from, None, points.shape)

    @classmethod
    def of_distinct(cls, points: Tensor, centres: Tensor) -> '_Block':
        """Do the same, but members that only repeat the first of a group share its row.

        It fills groups up, most of which are far from full in the cloud of a scanner.
        """
        has_row = points != points[:, :1]
        has_row[:, 0] = True
        group, _ = members = has_row.nonzero(as_tuple=True)
        number = has_row.flatten().cumsum(0).view(points.shape) - 1
        places = number.where(has_row, number[:, :1])
        return cls(points[members], centres.index_select(0, group), places, points.shape)

    def pool(self, rows: Tensor, mode: str) -> Tensor:
        """Return the maximum or the mean over each group, (G, C), of rows (R, C)."""
        of_members = rows if self.places is None else rows.index_select(0, self.places.flatten())
        grouped = of_members.unflatten(0, self.shape)
        return grouped.amax(dim=1) if mode == 'max' else grouped.mean(dim=1)


def describe_groups(
    groups: Groups, features: Tensor, layers: Sequence[RowLayer], use_xyz: bool, pool_mode: str
) -> Tensor:
    """Return features of the groups, of shape (B, C', M).

    The first layer is linear before its ReLU: features go through it once for a point, instead of
    once for each group that the point is in.

    Args:
        groups: the groups.
        features: of the points, of shape (B, C, N).
        layers: the pointwise network.
        use_xyz: the relative position comes before a point's features.
        pool_mode: how the network's output is pooled over a group, 'max' or 'avg'.
    """
    first, *others = layers
    columns = first.weight.shape[1] - features.shape[1]
    of_offsets, of_features = first.weight[:, :columns].t(), first.weight[:, columns:].t()
    of_points = first.bias.addmm(features.transpose(1, 2).flatten(0, 1), of_features)
    found = []
    for block in groups.blocks(max(len(layer.bias) for layer in layers)):
        rows = of_points.index_select(0, block.points)
        if use_xyz:
            rows = rows.addmm(groups.seen_from_centres(block), of_offsets)
        found.append(block.pool(run_rows(others, rows.relu_()), pool_mode))
    return torch.cat(found).unflatten(0, groups.centres.shape[:2]).transpose(1, 2)
