"""Reading a point cloud."""

import os.path as osp
from collections.abc import Sequence

from mmdet3d.core.points import get_points_type
from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.point_files import read_points


@PIPELINES.register_module()
class LoadPointsFromFile:
    """Read the float32 file ``results['pts_filename']`` into ``results['points']``.

    Args:
        coord_type: coordinate system of the file, ``'LIDAR'`` or ``'CAMERA'``.
        load_dim: number of float32 values of a point in the file.
        use_dim: columns to keep: a sequence, or a number for the first so many.
        shift_height: must be False, there is no indoor data here.
        use_color: must be False, for the same reason.
        file_client_args: only ``dict(backend='disk')``.

    Raises:
        ValueError: at construction, if an argument is not supported.
    """

    def __init__(
        self,
        coord_type: str,
        load_dim: int = 6,
        use_dim: int | Sequence[int] = (0, 1, 2),
        shift_height: bool = False,
        use_color: bool = False,
        file_client_args: dict | None = None,
    ) -> None:
        if coord_type not in ('LIDAR', 'CAMERA'):
            raise ValueError(f"coord_type is {coord_type!r}; expected 'LIDAR' or 'CAMERA'")
        if shift_height or use_color:
            raise ValueError(
                f'shift_height={shift_height} and use_color={use_color} belong to indoor data, '
                'which this library does not read; leave both False'
            )
        check_disk_backend(file_client_args)
        self.use_dim = list(range(use_dim)) if isinstance(use_dim, int) else list(use_dim)
        if len(self.use_dim) < 3 or not all(0 <= dim < load_dim for dim in self.use_dim):
            raise ValueError(
                f'use_dim={use_dim} with load_dim={load_dim}: expected at least three columns '
                f'(x, y, z first), each from 0 to {load_dim - 1}'
            )
        self.load_dim = load_dim
        self.points_class = get_points_type(coord_type)

    def __call__(self, results: dict) -> dict:
        """Add ``points``, a ``BasePoints`` of N points with ``len(use_dim)`` columns.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if its size is not that of whole points.
        """
        path = results['pts_filename']
        if not osp.isfile(path):
            raise FileNotFoundError(
                f'point cloud {path} does not exist. Check data_root, and pts_prefix; files of '
                "'velodyne_reduced' and of the ground-truth database are written by "
                'tools/create_data.py'
            )
        points = read_points(path, num_features=self.load_dim)[:, self.use_dim]
        results['points'] = self.points_class(points, points_dim=points.shape[-1])
        return results


def check_disk_backend(file_client_args: dict | None) -> None:
    """Accept mmdetection3d's ``file_client_args`` as long as it names the disk.

    Raises:
        ValueError: for any other storage backend.
    """
    backend = (file_client_args or {}).get('backend', 'disk')
    if backend != 'disk':
        raise ValueError(
            f"file_client_args names the storage backend {backend!r}; only 'disk' is supported: "
            'copy or mount the data as files'
        )
