"""SECOND's voxel encoder: the mean of the points."""

from torch import Tensor, nn

from mmdet3d.models.builder import VOXEL_ENCODERS


@VOXEL_ENCODERS.register_module()
class HardSimpleVFE(nn.Module):
    """Average the points of each voxel.

    Args:
        num_features: how many of a point's features are kept, the first ones.
    """

    def __init__(self, num_features: int = 4) -> None:
        super().__init__()
        self.num_features = num_features

    @property
    def out_channels(self) -> int:
        """Width of a voxel's feature."""
        return self.num_features

    def forward(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Return the voxels' features, of shape (M, num_features).

        Args:
            features: points of shape (M, P, C), zero where there is no point.
            num_points: number of points in each of the M voxels.
            coors: not used; part of the voxel encoders' interface.
        """
        total = features[:, :, : self.num_features].sum(dim=1)
        return total / num_points.to(total).view(-1, 1)
