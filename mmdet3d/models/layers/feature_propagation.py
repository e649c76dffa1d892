"""Feature propagation: features of few points carried back to many."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmdet3d.models.layers.pointwise import make_pointwise_mlp
from mmdet3d.ops import three_interpolate, three_nn

# Keeps the weight of a neighbour at distance zero finite.
_EPSILON = 1e-8


class PointFPModule(nn.Module):
    """Feature propagation of PointNet++ (Qi et al., NIPS 2017), section 3.4.

    Args:
        mlp_channels: widths of the pointwise network; the first is that of the interpolated
            features and the targets' own together.
        norm_cfg: normalisation layer.
    """

    def __init__(self, mlp_channels: Sequence[int], norm_cfg: dict | None = None) -> None:
        super().__init__()
        self.mlps = make_pointwise_mlp(mlp_channels, norm_cfg or {'type': 'BN2d'})

    def forward(
        self, target: Tensor, source: Tensor, target_feats: Tensor, source_feats: Tensor
    ) -> Tensor:
        """Return features of the targets, of shape (B, mlp_channels[-1], N).

        Args:
            target: positions of shape (B, N, 3) in metres.
            source: of shape (B, M, 3), positions of the points that have features to give.
            target_feats: of shape (B, C1, N), features that the targets have of their own.
            source_feats: of shape (B, C2, M).
        """
        distances, indices = three_nn(target, source)
        weights = 1 / (distances + _EPSILON)
        weights = weights / weights.sum(dim=2, keepdim=True)
        interpolated = three_interpolate(source_feats, indices, weights)
        stacked = torch.cat([interpolated, target_feats], dim=1)
        return self.mlps(stacked[..., None]).squeeze(3)
