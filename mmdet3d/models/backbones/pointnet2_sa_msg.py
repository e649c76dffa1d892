"""PointNet++ as a backbone: one multi-scale set abstraction after the other."""

from collections.abc import Sequence
from typing import Any

import torch
from mmcv.runner import BaseModule
from mmdet.models.builder import BACKBONES
from torch import Tensor, nn

from mmdet3d.models.layers import build_layer


@BACKBONES.register_module()
class PointNet2SAMSG(BaseModule):
    """The encoder of PointNet++ (Qi et al., NIPS 2017) with multi-scale grouping.

    Args:
        in_channels: number of columns of a point, x, y and z first.
        num_points: how many centres each stage keeps.
        radii: radii of the scales of each stage in metres.
        num_samples: how many points each scale takes around a centre.
        sa_channels: widths of the pointwise network of each scale.
        aggregation_channels: None for each stage; narrowing its output is not supported.
        fps_mods: how each stage chooses centres, 'D-FPS'.
        fps_sample_range_lists: of which points, -1 for all.
        dilated_group: for each stage, whether its scales leave out the points of smaller scales.
        out_indices: the stages whose output is returned.
        norm_cfg: normalisation layer.
        sa_cfg: config of the set abstractions.
        init_cfg: initialisation.

    Raises:
        ValueError: if the sequences differ in length or an option is not supported.
    """

    def __init__(
        self,
        in_channels: int,
        num_points: Sequence[int] = (4096, 1024, 256, 64),
        radii: Sequence[Sequence[float]] = ((0.1, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0)),
        num_samples: Sequence[Sequence[int]] = ((16, 32), (16, 32), (16, 32), (16, 32)),
        sa_channels: Sequence[Sequence[Sequence[int]]] = (
            ((16, 16, 32), (32, 32, 64)),
            ((64, 64, 128), (64, 96, 128)),
            ((128, 196, 256), (128, 196, 256)),
            ((256, 256, 512), (256, 384, 512)),
        ),
        aggregation_channels: Sequence[None] = (None, None, None, None),
        fps_mods: Sequence[str | Sequence[str]] = ('D-FPS', 'D-FPS', 'D-FPS', 'D-FPS'),
        fps_sample_range_lists: Sequence[int | Sequence[int]] = (-1, -1, -1, -1),
        dilated_group: Sequence[bool] = (False, False, False, False),
        out_indices: Sequence[int] = (0, 1, 2, 3),
        norm_cfg: dict | None = None,
        sa_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        per_stage = {
            'num_points': num_points,
            'radii': radii,
            'num_samples': num_samples,
            'sa_channels': sa_channels,
            'aggregation_channels': aggregation_channels,
            'fps_mods': fps_mods,
            'fps_sample_range_lists': fps_sample_range_lists,
            'dilated_group': dilated_group,
        }
        _check_stages(per_stage, out_indices)
        self.out_indices = list(out_indices)
        self.SA_modules = nn.ModuleList()
        width = in_channels - 3
        for i, channels in enumerate(sa_channels):
            stage = build_layer(
                sa_cfg or {'type': 'PointSAModuleMSG'},
                num_point=num_points[i],
                radii=radii[i],
                sample_nums=num_samples[i],
                mlp_channels=[[width, *scale] for scale in channels],
                fps_mod=_as_list(fps_mods[i]),
                fps_sample_range_list=_as_list(fps_sample_range_lists[i]),
                dilated_group=dilated_group[i],
                norm_cfg=norm_cfg or {'type': 'BN2d'},
                bias=True,
            )
            self.SA_modules.append(stage)
            width = stage.out_channels

    def forward(self, points: Tensor) -> dict[str, list[Tensor]]:
        """Return what the stages keep of the points.

        Args:
            points: of shape (B, N, in_channels), x, y, z first.

        Returns:
            ``sa_xyz``, positions (B, M_i, 3); ``sa_features`` (B, C_i, M_i); ``sa_indices``, which
            of the points they are (B, M_i): lists over the input and the stages of ``out_indices``.
        """
        xyz, features = points[..., :3].contiguous(), points[..., 3:].transpose(1, 2).contiguous()
        indices = torch.arange(points.shape[1], device=points.device).expand(len(points), -1)
        kept = [(xyz, features, indices)]
        for i, stage in enumerate(self.SA_modules):
            xyz, features, chosen = stage(xyz, features)
            indices = indices.gather(1, chosen)
            if i in self.out_indices:
                kept.append((xyz, features, indices))
        return dict(zip(('sa_xyz', 'sa_features', 'sa_indices'), map(list, zip(*kept))))


def _check_stages(per_stage: dict[str, Sequence[Any]], out_indices: Sequence[int]) -> None:
    lengths = {name: len(values) for name, values in per_stage.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f'these have to describe the same number of stages, got {lengths}')
    narrowed = list(per_stage['aggregation_channels'])
    if any(width is not None for width in narrowed):
        raise ValueError(f'aggregation_channels={narrowed}: only None is supported')
    if not set(out_indices) <= set(range(lengths['num_points'])):
        raise ValueError(
            f'out_indices={list(out_indices)} has to lie in 0..{lengths["num_points"] - 1}'
        )


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]
