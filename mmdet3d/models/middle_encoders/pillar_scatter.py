"""Lay pillars out on the ground plane."""

from collections.abc import Sequence

from torch import Tensor

from mmdet3d.models.builder import MIDDLE_ENCODERS
from mmdet3d.models.middle_encoders.map_layout import MapLayout


@MIDDLE_ENCODERS.register_module()
class PointPillarsScatter(MapLayout):
    """Write each pillar's feature into its cell of an otherwise empty map.

    From "PointPillars" (CVPR 2019), section 2.1.

    Args:
        in_channels: width of the pillar features.
        output_shape: number of cells along y and x.
    """

    def __init__(self, in_channels: int, output_shape: Sequence[int]) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.ny, self.nx = output_shape

    @property
    def grid_shape(self) -> list[int]:
        """Number of cells along y and x that it has room for."""
        return [self.ny, self.nx]

    def forward(self, voxel_features: Tensor, coors: Tensor, batch_size: int) -> Tensor:
        """Return the bird's-eye view.

        Args:
            voxel_features: features of shape (M, in_channels).
            coors: cells of shape (M, 4), as (sample, z, y, x).
            batch_size: number of samples, of which some may have no pillar.

        Returns:
            a map of shape (batch_size, in_channels, ny, nx).
        """
        sample, _, row, column = coors.long().unbind(1)
        if self.puts_channels_last(voxel_features):
            canvas = voxel_features.new_zeros(batch_size, self.ny, self.nx, self.in_channels)
            canvas[sample, row, column] = voxel_features
            return canvas.permute(0, 3, 1, 2)
        canvas = voxel_features.new_zeros(batch_size, self.in_channels, self.ny * self.nx)
        canvas[sample, :, row * self.nx + column] = voxel_features
        return canvas.unflatten(2, (self.ny, self.nx))
