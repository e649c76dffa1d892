"""Hard voxelisation: a point cloud as a list of voxels holding a bounded number of points."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from mmdet3d.on_cpu import voxelize as on_cpu
from mmdet3d.ops.checks import require_floats, require_points
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import voxelize as on_device

# How far from a whole number of voxels the range may be, in voxels: what rounding decimal
# sizes to binary leaves, and far below any mistake in a config.
_GRID_TOLERANCE = 1e-3

_OF_NUMBA = torch.float32, torch.float64

_assign_points = by_device(on_cpu.assign_points, on_device.assign_points)
_place_points = by_device(on_cpu.place_points, on_device.place_points)


def voxel_grid_size(voxel_size: Sequence[float], point_cloud_range: Sequence[float]) -> list[int]:
    """Count the voxels along x, y, z.

    Args:
        voxel_size: size of a voxel along x, y, z in metres.
        point_cloud_range: x, y, z of the lower corner, then of the upper one, in metres.

    Raises:
        ValueError: if the sizes are not positive, the range is empty, or the range is not a whole
            number of voxels.
    """
    given = f'voxel_size {list(voxel_size)} and point_cloud_range {list(point_cloud_range)}'
    if len(voxel_size) != 3 or len(point_cloud_range) != 6:
        raise ValueError(f'expected 3 sizes and 6 bounds, got {given}')
    size = np.asarray(voxel_size, dtype=np.float64)
    extent = np.subtract(point_cloud_range[3:], point_cloud_range[:3], dtype=np.float64)
    if not ((size > 0).all() and (extent > 0).all()):
        raise ValueError(f'sizes must be positive and upper bounds above lower ones, got {given}')
    cells = extent / size
    grid = np.round(cells)
    if not (np.abs(cells - grid) <= _GRID_TOLERANCE).all() or not (grid >= 1).all():
        raise ValueError(
            f'the range must be a whole number of voxels along x, y, z, '
            f'but {given} give {cells.tolist()}'
        )
    return grid.astype(int).tolist()


@torch.no_grad()
def voxelization(
    points: torch.Tensor,
    voxel_size: Sequence[float],
    coors_range: Sequence[float],
    max_points: int = 35,
    max_voxels: int = 20000,
    deterministic: bool = True,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Group the points of one cloud by voxel.

    Voxels come in the order of their first point and hold their first ``max_points`` points in the
    cloud's order. Points outside the range (or NaN) are dropped, and so are those that would open
    a voxel beyond ``max_voxels``. Cells are computed in float32. No gradient flows to the points.

    Args:
        points: of shape (N, C) with C >= 3, x, y, z first, in metres.
        voxel_size: size of a voxel along x, y, z in metres.
        coors_range: x, y, z of the lower corner, then of the upper one, in metres.
        max_points: how many points a voxel keeps.
        max_voxels: how many voxels are kept.
        deterministic: kept for compatibility: the result never depends on the run.

    Returns:
        the points of each voxel, of shape (M, max_points, C), filled up with zeros; its cell as z,
        y, x, int32 of shape (M, 3); how many points it holds, int32 of shape (M,).

    Raises:
        TypeError: if ``points`` is not a floating-point tensor.
        ValueError: if ``points`` has another shape, the range is not a whole number of voxels, or
            a limit is below 1 (dynamic voxelisation is not available).
    """
    require_floats(points=points)
    require_points('points', points)
    _check_limit('max_points', max_points)
    _check_limit('max_voxels', max_voxels)
    cells = voxel_grid_size(voxel_size, coors_range)
    xyz = points.detach()[:, :3].float()
    low, size = xyz.new_tensor(coors_range[:3]), xyz.new_tensor(voxel_size)
    grid = torch.tensor(cells, device=xyz.device)
    place, coors, counts = _assign_points(xyz, low, size, grid, max_points, max_voxels)
    # numba knows no shorter floats.
    place_points = _place_points if points.dtype in _OF_NUMBA else on_device.place_points
    voxels = place_points(points.detach(), place, len(coors) * max_points)
    return voxels.view(len(coors), max_points, points.shape[1]), coors, counts


def _check_limit(name: str, limit: int) -> None:
    if limit < 1:
        raise ValueError(
            f'{name} must be at least 1, got {limit}: only hard voxelisation is available, '
            'dynamic voxelisation (a limit of -1) is not'
        )


class Voxelization(nn.Module):
    """Hard voxelisation as a layer, with its own number of voxels for training and for testing.

    Args:
        voxel_size: size of a voxel along x, y, z in metres.
        point_cloud_range: x, y, z of the lower corner, then of the upper one, in metres.
        max_num_points: how many points a voxel keeps.
        max_voxels: how many voxels are kept, or a pair: in training and in testing.
        deterministic: kept for compatibility: the result never depends on the run.

    Attributes:
        grid_size: number of voxels along x, y, z, (3,) int64 tensor.
        pcd_shape: shape of the bird's-eye map, [1, voxels along y, voxels along x].

    Raises:
        ValueError: if the range is not a whole number of voxels or a limit is below 1.
    """

    def __init__(
        self,
        voxel_size: Sequence[float],
        point_cloud_range: Sequence[float],
        max_num_points: int,
        max_voxels: int | tuple[int, int] = 20000,
        deterministic: bool = True,
    ):
        super().__init__()
        limits = tuple(max_voxels) if isinstance(max_voxels, Sequence) else (max_voxels,) * 2
        if len(limits) != 2:
            raise ValueError(f'max_voxels must be a number or a (train, test) pair, got {limits}')
        _check_limit('max_num_points', max_num_points)
        for limit in limits:
            _check_limit('max_voxels', limit)
        grid = voxel_grid_size(voxel_size, point_cloud_range)
        self.voxel_size = voxel_size
        self.point_cloud_range = point_cloud_range
        self.max_num_points = max_num_points
        self.max_voxels = limits
        self.deterministic = deterministic
        self.grid_size = torch.tensor(grid)
        self.pcd_shape = [1, grid[1], grid[0]]

    def forward(
        self, points: torch.Tensor, max_voxels: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Group the points of one cloud by voxel.

        Args:
            points: of shape (N, C) with C >= 3, x, y, z first, in metres.
            max_voxels: how many voxels are kept, instead of the number for the layer's mode.

        Returns:
            as ``voxelization``: the points of each voxel, its cell as z, y, x, its number of
            points.
        """
        if max_voxels is None:
            max_voxels = self.max_voxels[0] if self.training else self.max_voxels[1]
        return voxelization(
            points, self.voxel_size, self.point_cloud_range, self.max_num_points, max_voxels
        )

    def extra_repr(self) -> str:
        """Show the settings when the module is printed."""
        return (
            f'voxel_size={self.voxel_size}, point_cloud_range={self.point_cloud_range}, '
            f'max_num_points={self.max_num_points}, max_voxels={self.max_voxels}, '
            f'deterministic={self.deterministic}'
        )
