"""Sampling objects of the ground-truth database.

Source: Yan et al., SECOND: Sparsely Embedded Convolutional Detection, Sensors 2018.
"""

import os
import os.path as osp
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from mmdet3d.core.points import BasePoints
from mmdet3d.datasets.builder import OBJECTSAMPLERS, PIPELINES
from mmdet3d.datasets.object_database import DbInfos, load_database, require_numbers
from mmdet3d.datasets.object_numbers import known_velocities
from mmdet3d.datasets.paths import locate
from mmdet3d.datasets.pipelines.load_points import check_disk_backend
from mmdet3d.datasets.pipelines.weights import WEIGHTS
from mmdet3d.on_cpu.box_collision import collision_free, seen_from_above
from mmdet3d.utils.arguments import (
    ShowsArguments,
    mapping,
    misfit,
    names,
    number,
    switch,
    whole,
)

_POINTS_LOADER = {
    'type': 'LoadPointsFromFile',
    'coord_type': 'LIDAR',
    'load_dim': 4,
    'use_dim': [0, 1, 2, 3],
}
# What filters look at.
_FILTERED = {'filter_by_difficulty': 'difficulty', 'filter_by_min_points': 'num_points_in_gt'}


class BatchSampler:
    """Draw entries of a list without replacement, and shuffle anew once all are drawn.

    The first shuffle happens at the first draw, inside a data loader's worker. It follows the
    worker's own seed, so the workers do not all go through the list in one order.

    Args:
        sampled_list: what to draw from.
        name: the class the entries belong to.
        shuffle: False keeps the order of the list.
    """

    def __init__(self, sampled_list: Sequence, name: str | None = None, shuffle: bool = True):
        self.entries = list(sampled_list)
        self.name = name
        self.shuffle = shuffle
        self._waiting: np.ndarray = np.empty(0, dtype=np.int64)

    def start_pass(self) -> None:
        """Begin a new round with the next draw."""
        self._waiting = self._waiting[:0]

    def sample(self, num: int) -> list:
        """Draw ``num`` entries, or those that are left of this round if they are fewer."""
        if len(self._waiting) == 0:
            count = len(self.entries)
            self._waiting = np.random.permutation(count) if self.shuffle else np.arange(count)
        drawn, self._waiting = self._waiting[:num], self._waiting[num:]
        return [self.entries[i] for i in drawn]


@OBJECTSAMPLERS.register_module()
class DataBaseSampler(ShowsArguments):
    """Fill a frame up with objects cut from other frames.

    Databases of mmdetection3d before v1.0 are recognised, and their boxes converted. Objects whose
    sizes are not above 0, or whose numbers are not finite, are left out.

    Args:
        info_path: ``*_dbinfos_train.pkl`` as ``create_data.py`` writes it.
        data_root: folder the paths inside that file are relative to.
        rate: share of the missing objects to sample.
        prepare: filters of the database, ``filter_by_difficulty`` (list of difficulties to drop)
            and ``filter_by_min_points`` (class to fewest points).
        sample_groups: class to the number of objects a frame shall have.
        classes: names of the trained classes, in label order.
        points_loader: config of the step that reads an object's points.
        file_client_args: only ``dict(backend='disk')``.
        weigh_by_score: an object that a teacher labelled weighs as much in the losses as the
            ``score`` of its entry, else 1. A score of 0 or less is none.
        absolute_paths: take points that ``info_path`` names and that do not lie below
            ``data_root``, too.

    Raises:
        FileNotFoundError: if ``info_path`` does not exist.
        DataFormatError: if it is no ground-truth database, or malformed.
        ValueError: if a filter is unknown, a sampled class is no trained one, or an argument is of
            another kind.
    """

    def __init__(
        self,
        info_path: str,
        data_root: str | None,
        rate: float,
        prepare: Mapping[str, Any],
        sample_groups: Mapping[str, int],
        classes: Sequence[str] | None = None,
        points_loader: Mapping[str, Any] = _POINTS_LOADER,
        file_client_args: dict | None = None,
        weigh_by_score: bool = True,
        absolute_paths: bool = False,
    ) -> None:
        check_disk_backend(file_client_args)
        self.weigh_by_score = switch(self, 'weigh_by_score', weigh_by_score)
        self.absolute_paths = switch(self, 'absolute_paths', absolute_paths)
        self.file_client_args = file_client_args
        self.info_path = self._path('info_path', info_path)
        self.data_root = self._path('data_root', data_root or '')
        self.rate = number(self, 'rate', rate, 1.0, at_least=0)
        self.prepare = self._filters(prepare)
        self.sample_groups = self._counts('sample_groups', sample_groups)
        self.classes = [] if classes is None else names(self, 'classes', classes, ['Car'])
        strangers = sorted(set(self.sample_groups) - set(self.classes))
        if strangers:
            raise ValueError(f'sample_groups names {strangers}; classes are {classes}')
        self.cat2label = {name: label for label, name in enumerate(self.classes)}
        self.label2cat = dict(enumerate(self.classes))
        self.points_loader = PIPELINES.build(
            mapping(self, 'points_loader', points_loader, _POINTS_LOADER)
        )
        database = load_database(self.info_path, self._points_of)
        for entry in chain.from_iterable(database.values()):
            self._path_of(entry)  # names what leads out of the folder before the first step
        self.db_infos = self._prepare(database, self.prepare)
        self.sampler_dict = self._build_samplers()

    def start_pass(self) -> None:
        """Begin a pass over the frames as every pass begins: with all objects to be drawn."""
        for sampler in self.sampler_dict.values():
            sampler.start_pass()

    def _path(self, name: str, value: Any) -> str:
        if not isinstance(value, (str, os.PathLike)):
            raise misfit(self, name, value, 'a path', 'data/kitti/')
        return os.fspath(value)

    def _counts(self, name: str, value: Any) -> dict[str, int]:
        counts = mapping(self, name, value, {'Car': 12})
        return {
            key: whole(self, f'{name}[{key!r}]', count, 12, at_least=0)
            for key, count in counts.items()
        }

    def _filters(self, prepare: Any) -> dict[str, Any]:
        filters = mapping(self, 'prepare', prepare, {'filter_by_difficulty': [-1]})
        dropped = filters.get('filter_by_difficulty', [])
        if not isinstance(dropped, (list, tuple)) or not all(
            each in (-1, 0, 1, 2) for each in dropped
        ):
            raise misfit(self, 'filter_by_difficulty', dropped, 'a list of -1, 0, 1 or 2', [-1])
        if 'filter_by_min_points' in filters:
            self._counts('filter_by_min_points', filters['filter_by_min_points'])
        return filters

    def _prepare(self, db_infos: DbInfos, prepare: Mapping[str, Any]) -> DbInfos:
        filters: dict[str, Callable[[DbInfos, Any], DbInfos]] = {
            'filter_by_difficulty': self.filter_by_difficulty,
            'filter_by_min_points': self.filter_by_min_points,
        }
        for name, argument in prepare.items():
            if name not in filters:
                raise ValueError(f'prepare names {name!r}; allowed are {sorted(filters)}')
            require_numbers(self.info_path, db_infos, _FILTERED[name])
            db_infos = filters[name](db_infos, argument)
        return db_infos

    def _build_samplers(self) -> dict[str, BatchSampler]:
        empty = [name for name in self.sample_groups if not self.db_infos.get(name)]
        if empty:
            warnings.warn(
                f'{self.info_path} has no {empty} left after filtering; none will be sampled. It '
                f'has {self._listing()}',
                stacklevel=3,
            )
        return {
            name: BatchSampler(self.db_infos.get(name, []), name) for name in self.sample_groups
        }

    def _listing(self) -> str:
        counts = (f'{name} ({len(infos)})' for name, infos in self.db_infos.items())
        return ', '.join(counts) or 'no object'

    @staticmethod
    def filter_by_difficulty(db_infos: DbInfos, removed_difficulty: Sequence[int]) -> DbInfos:
        """Drop the objects of the given difficulties (0 easy, 1 moderate, 2 hard, -1 beyond)."""
        return {
            name: [info for info in infos if info['difficulty'] not in removed_difficulty]
            for name, infos in db_infos.items()
        }

    @staticmethod
    def filter_by_min_points(db_infos: DbInfos, min_gt_points_dict: Mapping[str, int]) -> DbInfos:
        """Drop the objects of a class with fewer points than it asks for."""
        return {
            name: [
                info
                for info in infos
                if info['num_points_in_gt'] >= int(min_gt_points_dict.get(name, 0))
            ]
            for name, infos in db_infos.items()
        }

    def sample_all(
        self,
        gt_bboxes: np.ndarray,
        gt_labels: np.ndarray,
        img: None = None,
        ground_plane: None = None,
    ) -> dict[str, Any] | None:
        """Sample objects that collide neither with the frame's objects nor with each other.

        Args:
            gt_bboxes: of shape (N, 7 or more), boxes of the frame.
            gt_labels: of shape (N,), their labels, -1 for classes that are not trained.
            img: must be None, images are not sampled into.
            ground_plane: must be None, sampled objects keep the height they were seen at.

        Returns:
            None if nothing is sampled, else a dict of ``gt_labels_3d``, int64 of shape (M,),
            ``gt_bboxes_3d``, float32 of shape (M, 7 or more), ``points`` (points of all M, in
            place), ``group_ids`` of shape (M,), which go on from the frame's, and, if one of them
            has a teacher's score, ``gt_weights_3d``, float32 of shape (M,).

        Raises:
            ValueError: if ``img`` or ``ground_plane`` is given.
        """
        if img is not None or ground_plane is not None:
            raise ValueError('sampling into images or onto a ground plane is not supported')
        sampled: list[dict] = []
        boxes = np.asarray(gt_bboxes, dtype=np.float32)
        for name, wanted in self.sample_groups.items():
            missing = wanted - np.count_nonzero(gt_labels == self.cat2label[name])
            count = int(np.round(self.rate * missing))
            if count > 0:
                chosen = self.sample_class_v2(name, count, boxes)
                boxes = np.concatenate([boxes, _boxes_of(chosen, boxes.shape[1])])
                sampled += chosen
        if not sampled:
            return None
        return {
            'gt_labels_3d': np.array([self.cat2label[info['name']] for info in sampled]),
            'gt_bboxes_3d': boxes[len(gt_bboxes) :],
            'points': self._load_points(sampled),
            'group_ids': np.arange(len(gt_bboxes), len(boxes)),
            **self._weights(sampled),
        }

    def _weights(self, sampled: list[dict]) -> dict[str, np.ndarray]:
        scores = np.array([info.get('score', 0) for info in sampled], dtype=np.float32)
        if not self.weigh_by_score or not (scores > 0).any():
            return {}
        return {WEIGHTS: np.where(scores > 0, scores, np.float32(1))}

    def sample_class_v2(self, name: str, num: int, gt_bboxes: np.ndarray) -> list[dict]:
        """Draw ``num`` objects of a class and keep those that collide with nothing.

        Args:
            name: the class.
            num: how many to draw.
            gt_bboxes: of shape (N, 7 or more), boxes that are in the frame already.

        Returns:
            database entries of those that are kept.
        """
        drawn = self.sampler_dict[name].sample(num)
        boxes = np.concatenate([gt_bboxes, _boxes_of(drawn, gt_bboxes.shape[1])])
        keep = collision_free(seen_from_above(boxes), len(gt_bboxes))
        return [info for info, kept in zip(drawn, keep) if kept]

    def _load_points(self, sampled: list[dict]) -> BasePoints:
        clouds = []
        for info in sampled:
            points = self.points_loader({'pts_filename': self._path_of(info)})['points']
            points.translate(np.asarray(info['box3d_lidar'][:3]))
            clouds.append(points)
        return clouds[0].cat(clouds)

    def _path_of(self, info: dict[str, Any]) -> str:
        return locate(info['path'], self.data_root, self.info_path, self.absolute_paths)

    def _points_of(self, info: dict[str, Any]) -> np.ndarray | None:
        """Points of an object, relative to its bottom centre; None where its file is missing."""
        path = self._path_of(info)
        if not osp.isfile(path):
            return None
        return self.points_loader({'pts_filename': path})['points'].tensor.numpy()


def _boxes_of(infos: list[dict], num_columns: int) -> np.ndarray:
    boxes = np.zeros((len(infos), num_columns), dtype=np.float32)
    for row, info in zip(boxes, infos):
        # The database may know no velocities where the frame does, and the other way round.
        known = info['box3d_lidar'][:num_columns]
        row[: len(known)] = known
    boxes[:, 7:] = known_velocities(boxes[:, 7:])
    return boxes
