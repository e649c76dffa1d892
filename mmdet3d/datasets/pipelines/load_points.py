"""Reading a point cloud."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np

from mmdet3d.core.points import BasePoints, get_points_type
from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.point_files import find_cloud, points_from_memory, read_points
from mmdet3d.utils.arguments import ShowsArguments, columns, switch, whole


@PIPELINES.register_module()
class LoadPointsFromFile(ShowsArguments):
    """Read the file ``results['pts_filename']`` into ``results['points']``.

    :func:`mmdet3d.clouds.read.read_points` says which files and what is looked at.

    Args:
        coord_type: coordinate system of the file, ``'LIDAR'`` or ``'CAMERA'``.
        load_dim: number of values of a point in the file.
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
        self.coord_type = coord_type
        self.shift_height = switch(self, 'shift_height', shift_height)
        self.use_color = switch(self, 'use_color', use_color)
        if self.shift_height or self.use_color:
            raise ValueError(
                f'shift_height={shift_height} and use_color={use_color} belong to indoor data, '
                'which this library does not read; leave both False'
            )
        check_disk_backend(file_client_args)
        self.file_client_args = file_client_args
        self.load_dim = whole(self, 'load_dim', load_dim, 4, at_least=3)
        self.use_dim = columns(self, 'use_dim', use_dim, self.load_dim)
        self.points_class = get_points_type(coord_type)

    def __call__(self, results: dict) -> dict:
        """Add ``points``, a ``BasePoints`` of N points with ``len(use_dim)`` columns.

        Raises:
            FileNotFoundError: if there is no such file.
            DataFormatError: if its content is not that of a cloud of ``load_dim`` columns.
        """
        results['points'] = self.load(results['pts_filename'])
        return results

    def load(self, source: Any) -> BasePoints:
        """Take points from a file or from memory, with the same checks.

        Args:
            source: a file, or an array, tensor or ``BasePoints`` of ``load_dim`` columns; of
                ``len(use_dim)`` columns where ``use_dim`` was chosen already.

        Returns:
            N points of ``len(use_dim)`` columns, a copy.

        Raises:
            FileNotFoundError: if there is no such file.
            TypeError: if ``source`` is none of these.
            DataFormatError: if it does not hold a cloud of these columns.
        """
        if isinstance(source, (str, PathLike)):
            points = self._read(source)
        else:
            points = points_from_memory(self._unwrap(source), self.load_dim, self.use_dim)
        return self.points_class(points, points_dim=points.shape[-1])

    def _unwrap(self, source: Any) -> Any:
        if not isinstance(source, BasePoints):
            return source
        if not isinstance(source, self.points_class):
            raise TypeError(
                f'{type(source).__name__} were given, but the config loads {self.coord_type} '
                f'coordinates: convert them to {self.points_class.__name__} (convert_to)'
            )
        return source.tensor

    def _read(self, path: str | PathLike) -> np.ndarray:
        if not find_cloud(path).is_file():
            state = 'is a folder' if Path(path).is_dir() else 'does not exist'
            raise FileNotFoundError(
                f'point cloud {path} {state}. Check data_root, and pts_prefix; files of '
                "'velodyne_reduced' and of the ground-truth database are written by "
                'tools/create_data.py'
            )
        return read_points(path, num_features=self.load_dim, use_dim=self.use_dim)


def check_disk_backend(file_client_args: dict | None) -> None:
    """Accept mmdetection3d's ``file_client_args`` as long as it names the disk.

    Raises:
        ValueError: for any other storage backend, or if it is no dict.
    """
    if not isinstance(file_client_args, (Mapping, NoneType)):
        raise ValueError(
            f"file_client_args={file_client_args!r}; expected a dict, such as dict(backend='disk')"
        )
    backend = (file_client_args or {}).get('backend', 'disk')
    if backend != 'disk':
        raise ValueError(
            f"file_client_args names the storage backend {backend!r}; only 'disk' is supported: "
            'copy or mount the data as files'
        )
