"""Set abstraction: points into fewer points whose features describe their surroundings."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdet3d.models.layers.builder import LAYERS
from mmdet3d.models.layers.groups import Groups, describe_groups
from mmdet3d.models.layers.point_rows import row_layers
from mmdet3d.models.layers.pointwise import make_pointwise_mlp
from mmdet3d.ops import ball_query, furthest_point_sample, gather_points, group_points

POOL_MODES = ('max', 'avg')


@LAYERS.register_module()
class PointSAModuleMSG(nn.Module):
    """Multi-scale set abstraction of PointNet++ (Qi et al., NIPS 2017), sections 3.2 and 3.3.

    Evenly spread points become centres. For each radius the points around a centre, described
    relative to it, go through a pointwise network and are pooled; the results are stacked.

    Args:
        num_point: how many centres; None makes one group of all points, with absolute positions.
        radii: radius of each scale in metres.
        sample_nums: how many points of a group each scale takes.
        mlp_channels: widths of each scale's network, the input's without the position first.
        fps_mod: how centres are chosen; 'D-FPS', by furthest point sampling, is all there is.
        fps_sample_range_list: of which points; -1, of all, is all there is.
        dilated_group: a scale takes no points nearer than the radius of the scale before.
        norm_cfg: normalisation layer.
        use_xyz: the relative position is part of a point's features.
        normalize_xyz: the relative position is divided by the radius.
        pool_mod: how a group is pooled, 'max' or 'avg'.
        bias: whether the convolutions have a bias; 'auto' leaves it to the normalisation.

    Raises:
        ValueError: if the scales differ in number or an option is not one of those allowed.
    """

    def __init__(
        self,
        num_point: int | None,
        radii: Sequence[float],
        sample_nums: Sequence[int],
        mlp_channels: Sequence[Sequence[int]],
        fps_mod: Sequence[str] = ('D-FPS',),
        fps_sample_range_list: Sequence[int] = (-1,),
        dilated_group: bool = False,
        norm_cfg: dict | None = None,
        use_xyz: bool = True,
        normalize_xyz: bool = False,
        pool_mod: str = 'max',
        bias: bool | str = 'auto',
    ) -> None:
        super().__init__()
        if not len(radii) == len(sample_nums) == len(mlp_channels):
            raise ValueError(
                f'radii={list(radii)}, sample_nums={list(sample_nums)} and '
                f'mlp_channels={list(mlp_channels)} have to describe the same number of scales'
            )
        if list(fps_mod) != ['D-FPS'] or list(fps_sample_range_list) != [-1]:
            raise ValueError(
                f'fps_mod={list(fps_mod)} and fps_sample_range_list={list(fps_sample_range_list)}: '
                "allowed are ['D-FPS'] and [-1]"
            )
        if pool_mod not in POOL_MODES:
            raise ValueError(f'pool_mod={pool_mod!r}: allowed are {", ".join(POOL_MODES)}')
        self.num_point = num_point
        self.radii = list(radii)
        self.min_radii = [0.0, *self.radii[:-1]] if dilated_group else [0.0] * len(self.radii)
        self.sample_nums = list(sample_nums)
        self.use_xyz = use_xyz
        self.normalize_xyz = normalize_xyz
        self.pool_mod = pool_mod
        self.out_channels = sum(widths[-1] for widths in mlp_channels)
        self.mlps = nn.ModuleList(
            make_pointwise_mlp(
                [widths[0] + 3 * use_xyz, *widths[1:]], norm_cfg or {'type': 'BN2d'}, bias
            )
            for widths in mlp_channels
        )

    def forward(
        self, points_xyz: Tensor, features: Tensor
    ) -> tuple[Tensor | None, Tensor, Tensor | None]:
        """Abstract the points of a batch.

        Args:
            points_xyz: positions of shape (B, N, 3) in metres.
            features: of shape (B, C, N).

        Returns:
            the centres (B, M, 3), their features (B, out_channels, M) and their indices (B, M). The
            one group of all points has neither centre nor index; M is 1.
        """
        if self.num_point is None:
            return None, self._describe_all(points_xyz, features), None
        indices = _choose_centres(points_xyz, self.num_point)
        positions = points_xyz.transpose(1, 2).contiguous()
        centres = gather_points(positions, indices).transpose(1, 2).contiguous()
        scales = []
        for i, mlp in enumerate(self.mlps):
            around = ball_query(
                self.min_radii[i], self.radii[i], self.sample_nums[i], points_xyz, centres
            )
            unit = self.radii[i] if self.normalize_xyz else None
            scales.append(self._describe(Groups(points_xyz, centres, around, unit), features, mlp))
        return centres, torch.cat(scales, dim=1), indices

    def _describe_all(self, points_xyz: Tensor, features: Tensor) -> Tensor:
        groups = Groups.of_all(points_xyz)
        return torch.cat([self._describe(groups, features, mlp) for mlp in self.mlps], dim=1)

    def _describe(self, groups: Groups, features: Tensor, mlp: Any) -> Tensor:
        """Describe the groups, by features of shape (B, C, M), with one of the networks."""
        layers = None if self.training else row_layers(mlp)
        if layers is not None:
            return describe_groups(groups, features, layers, self.use_xyz, self.pool_mod)
        grouped = group_points(features, groups.around)
        if self.use_xyz:
            grouped = torch.cat([groups.offsets(), grouped], dim=1)
        return self._pool(mlp(grouped))

    def _pool(self, grouped: Tensor) -> Tensor:
        """Pool groups of shape (B, C, M, S) to (B, C, M)."""
        return grouped.max(dim=3).values if self.pool_mod == 'max' else grouped.mean(dim=3)


def _choose_centres(points_xyz: Tensor, num_point: int) -> Tensor:
    count = min(num_point, points_xyz.shape[1])
    indices = furthest_point_sample(points_xyz, count)
    # With fewer points all are centres, and the first one is repeated.
    return functional.pad(indices, (0, num_point - count))


@LAYERS.register_module()
class PointSAModule(PointSAModuleMSG):
    """Set abstraction at a single scale; see :class:`PointSAModuleMSG`.

    Args:
        mlp_channels: widths of the network, the input's without the position first.
        num_point: how many centres; None makes one group of all points.
        radius: radius in metres; the group of all points has none.
        num_sample: how many points of a group are taken; the group of all points has no limit.
        norm_cfg: normalisation layer.
        use_xyz: the relative position is part of a point's features.
        pool_mod: how a group is pooled, 'max' or 'avg'.
        fps_mod: as there.
        fps_sample_range_list: as there.
        normalize_xyz: the relative position is divided by the radius.
    """

    def __init__(
        self,
        mlp_channels: Sequence[int],
        num_point: int | None = None,
        radius: float | None = None,
        num_sample: int | None = None,
        norm_cfg: dict | None = None,
        use_xyz: bool = True,
        pool_mod: str = 'max',
        fps_mod: Sequence[str] = ('D-FPS',),
        fps_sample_range_list: Sequence[int] = (-1,),
        normalize_xyz: bool = False,
    ) -> None:
        super().__init__(
            num_point,
            radii=[radius or 0.0],
            sample_nums=[num_sample or 0],
            mlp_channels=[mlp_channels],
            fps_mod=fps_mod,
            fps_sample_range_list=fps_sample_range_list,
            norm_cfg=norm_cfg,
            use_xyz=use_xyz,
            normalize_xyz=normalize_xyz,
            pool_mod=pool_mod,
        )
