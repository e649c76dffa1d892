"""Pooling of the points in a box, as a layer that configs name."""

from torch import Tensor, nn

from mmdet3d.models.layers.builder import LAYERS
from mmdet3d.ops import roi_point_pool


@LAYERS.register_module()
class RoIPointPool3d(nn.Module):
    """The operator :func:`mmdet3d.ops.roi_point_pool` as a layer.

    Args:
        num_sampled_points: how many points are taken from a box.

    Raises:
        ValueError: if ``num_sampled_points`` is not positive.
    """

    def __init__(self, num_sampled_points: int = 512) -> None:
        super().__init__()
        if num_sampled_points < 1:
            raise ValueError(f'num_sampled_points has to be positive, got {num_sampled_points}')
        self.num_sampled_points = num_sampled_points

    def forward(
        self, points: Tensor, point_features: Tensor, boxes3d: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return positions and features (B, M, S, 3 + C), and which boxes are empty (B, M).

        Args:
            points: positions of shape (B, N, 3) in metres.
            point_features: of shape (B, N, C).
            boxes3d: boxes of shape (B, M, 7), z at the bottom.
        """
        return roi_point_pool(points, point_features, boxes3d, self.num_sampled_points)
