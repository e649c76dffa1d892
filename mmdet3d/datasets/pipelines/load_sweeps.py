"""Adding the sweeps before a key frame to its points."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdet3d.clouds.plausibility import warn_once
from mmdet3d.core.points import BasePoints
from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines.load_points import check_disk_backend
from mmdet3d.datasets.point_files import find_cloud, read_points
from mmdet3d.utils.arguments import ShowsArguments, columns, misfit, switch, whole

# Column of the time lag, in seconds; the files have the number of the beam there.
_TIME = 4
# Points nearer than this along both x and y, in metres, are on the recording car itself.
_CLOSE = 1.0
# Sweeps are of the last second or so; a time in another unit is far off.
_MOST_LAG = 60.0


@PIPELINES.register_module()
class LoadPointsFromMultiSweeps(ShowsArguments):
    """Bring the points of earlier sweeps into the key frame's coordinates and add them.

    Column 4 becomes the time from a point's sweep to the key frame in seconds, 0 for its own.

    Args:
        sweeps_num: most sweeps to add. Where more are listed, they are drawn at random, or are the
            latest with ``test_mode``.
        load_dim: number of values of a point in the files.
        use_dim: columns to keep in the end, of the key frame too: a sequence, or a number for the
            first so many.
        file_client_args: only ``dict(backend='disk')``.
        pad_empty_sweeps: where no sweep is listed, add the key frame's points ``sweeps_num`` times.
        remove_close: leave out points of sweeps, and of copies of the key frame, that are less than
            1 m from the scanner along x and y, which are on the car.
        test_mode: add the latest sweeps.

    Raises:
        ValueError: at construction, if an argument is out of its range.
    """

    def __init__(
        self,
        sweeps_num: int = 10,
        load_dim: int = 5,
        use_dim: int | Sequence[int] = (0, 1, 2, 4),
        file_client_args: dict | None = None,
        pad_empty_sweeps: bool = False,
        remove_close: bool = False,
        test_mode: bool = False,
    ) -> None:
        check_disk_backend(file_client_args)
        self.file_client_args = file_client_args
        self.sweeps_num = whole(self, 'sweeps_num', sweeps_num, 10, at_least=0)
        # The fifth column is given the time.
        self.load_dim = whole(self, 'load_dim', load_dim, 5, at_least=_TIME + 1)
        self.use_dim = columns(self, 'use_dim', use_dim, self.load_dim)
        if self.use_dim[:3] != [0, 1, 2]:
            raise misfit(self, 'use_dim', use_dim, 'x, y, z (0, 1, 2) first', [0, 1, 2, 4])
        self.pad_empty_sweeps = switch(self, 'pad_empty_sweeps', pad_empty_sweeps)
        self.remove_close = switch(self, 'remove_close', remove_close)
        self.test_mode = switch(self, 'test_mode', test_mode)

    def __call__(self, results: dict) -> dict:
        """Replace ``points`` by those of the key frame and of its ``sweeps``.

        ``results['timestamp']`` is the key frame's in seconds; each of ``results['sweeps']`` is as
        in an info file.

        Raises:
            FileNotFoundError: if the file of a sweep is missing.
            DataFormatError: if such a file is malformed.
            ValueError: if the key frame's points have not ``load_dim`` columns.
        """
        points: BasePoints = results['points']
        if points.points_dim != self.load_dim:
            raise ValueError(
                f'the points of the key frame have {points.points_dim} columns and those of sweeps '
                f'{self.load_dim}; give LoadPointsFromFile use_dim={self.load_dim}'
            )
        points.tensor[:, _TIME] = 0
        sweeps = results['sweeps']
        if not sweeps and self.pad_empty_sweeps:
            clouds = [self._without_close(points.tensor.numpy())] * self.sweeps_num
        else:
            clouds = [self._load(sweeps[i], results['timestamp']) for i in self._choose(sweeps)]
        every = [points, *(points.new_point(cloud) for cloud in clouds)]
        results['points'] = points.cat(every)[:, self.use_dim]
        return results

    def _choose(self, sweeps: Sequence) -> np.ndarray:
        count = len(sweeps)
        if count <= self.sweeps_num or self.test_mode:
            return np.arange(min(count, self.sweeps_num))
        return np.random.choice(count, self.sweeps_num, replace=False)

    def _load(self, sweep: Mapping[str, Any], timestamp: float) -> np.ndarray:
        path = find_cloud(sweep['data_path'])
        if not path.is_file():
            raise FileNotFoundError(
                f'sweep {path} does not exist. Check data_root, or write the info files anew with '
                'tools/create_data.py nuscenes; with --max-sweeps 0 they name no sweeps'
            )
        points = self._without_close(read_points(path, num_features=self.load_dim)).copy()
        rotation = np.asarray(sweep['sensor2lidar_rotation'], dtype=np.float64)
        moved = points[:, :3].astype(np.float64) @ rotation.T
        points[:, :3] = moved + np.asarray(sweep['sensor2lidar_translation'])
        points[:, _TIME] = lag = timestamp - sweep['timestamp'] / 1e6
        if abs(lag) > _MOST_LAG:
            warn_once(
                'lag',
                path,
                f'this sweep is {lag:g} s before its key frame, by the info file; timestamps there '
                'are microseconds',
            )
        return points

    def _without_close(self, points: np.ndarray) -> np.ndarray:
        if not self.remove_close:
            return points
        return points[(np.abs(points[:, :2]) >= _CLOSE).any(axis=1)]
