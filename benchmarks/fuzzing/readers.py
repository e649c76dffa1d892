"""The readers, each with a valid input of it, and how they end on an input."""

import pickle
import random
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.fuzzing import seeds
from benchmarks.fuzzing.mutations import mutate_bytes, mutate_object
from mmdet3d.datasets import Custom3DDataset, DataBaseSampler, KittiDataset, NuScenesDataset
from mmdet3d.datasets.class_names import read_class_names
from mmdet3d.datasets.kitti.calib import read_calib
from mmdet3d.datasets.kitti.labels import read_label
from mmdet3d.datasets.kitti.splits import read_split
from mmdet3d.datasets.point_files import read_points
from mmdet3d.models.detectors import VoxelNet
from mmdet3d.models.kd import parse_kd_cfg
from mmdet3d.utils.checkpoint import load_weights

# What a reader may raise, if it names the input; of a broken checkpoint also the last.
_OWN = (ValueError, FileNotFoundError)
_OF_CHECKPOINTS = (*_OWN, RuntimeError)


@dataclass(frozen=True)
class Reader:
    """A reader and how it is given an input.

    Attributes:
        name: of the input's file below a folder, or of the section of a config.
        seed: a valid input: bytes, or an object that a pickle holds.
        read: takes the folder, or the section.
        allowed: the errors that it may raise.
        cost: how many inputs of others take as long as one of it.
    """

    name: str
    seed: Any
    read: Callable[[Any], Any]
    allowed: tuple[type[Exception], ...] = _OWN
    cost: int = 1

    def mutated(self, rng: random.Random) -> Any:
        """Change the valid input."""
        if isinstance(self.seed, bytes):
            return mutate_bytes(self.seed, rng)
        changed = mutate_object(self.seed, rng)
        if self.name == 'kd_cfg':
            return changed
        content = pickle.dumps(changed)
        return mutate_bytes(content, rng) if rng.random() < 0.1 else content

    def outcome(self, given: Any, folder: Path) -> str:
        """Read an input; say ``accepted``, ``own error``, or what foreign error there was."""
        if isinstance(given, bytes):
            (folder / self.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / self.name).write_bytes(given)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            # numpy's own complaints say that nobody looked at the numbers before.
            warnings.simplefilter('error', RuntimeWarning)
            try:
                self.read(folder if isinstance(given, bytes) else given)
            except Exception as error:
                return self._judge(error)
        return 'accepted'

    def _judge(self, error: Exception) -> str:
        is_missing = isinstance(error, FileNotFoundError)  # names a cloud, which none of them has
        if isinstance(error, self.allowed) and (is_missing or Path(self.name).name in str(error)):
            return 'own error'
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f'{Path(place.filename).name}:{place.lineno}'
        return f'{type(error).__name__} in {where}: {" ".join(str(error).split())[:200]}'


def _use(dataset: Any) -> None:
    """Ask for all that training and testing ask for, but the clouds."""
    for index in range(len(dataset)):
        dataset.get_data_info(index)
        dataset.get_cat_ids(index)
        annos = dataset.get_ann_info(index)
        assert np.isfinite(annos['gt_bboxes_3d'].tensor.numpy()).all()


def _kitti(folder: Path) -> None:
    dataset = KittiDataset(str(folder), str(folder / 'kitti_infos.pkl'), 'training')
    _use(dataset)
    dataset.check_evaluation('mAP')


def _nuscenes(folder: Path) -> None:
    dataset = NuScenesDataset(str(folder / 'nuscenes_infos.pkl'), data_root=str(folder))
    _use(dataset)
    dataset.check_format()


def _custom(folder: Path) -> None:
    path = str(folder / 'custom_infos.pkl')
    _use(Custom3DDataset(str(folder), path, classes=['Car', 'Pedestrian']))


def _database(folder: Path) -> None:
    for name in ('Car', 'Pedestrian'):
        (folder / f'kitti_gt_database/0_{name}_0.bin').parent.mkdir(exist_ok=True)
    seeds.cloud().tofile(folder / 'kitti_gt_database/0_Car_0.bin')
    sampler = DataBaseSampler(
        str(folder / 'dbinfos.pkl'),
        str(folder),
        rate=1.0,
        prepare={'filter_by_difficulty': [-1], 'filter_by_min_points': {'Car': 5}},
        sample_groups={'Car': 3, 'Pedestrian': 2},
        classes=['Car', 'Pedestrian'],
    )
    sampler.sample_all(np.zeros((0, 7)), np.zeros(0, np.int64))


def _points(name: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        assert np.isfinite(read_points(folder / name)).all()

    return read


def _kd_cfg(kd_cfg: Any) -> None:
    terms = parse_kd_cfg(kd_cfg, VoxelNet.kd_features, VoxelNet.kd_types)
    for term in terms.values():
        if isinstance(term.loss, Mapping) and max(_numbers(term.loss), default=0) < 1e4:
            term.build(4, 4)


def _numbers(options: Mapping[str, Any]) -> list[float]:
    return [each for each in options.values() if isinstance(each, (int, float))]


def readers() -> list[Reader]:
    """List all of them."""
    return [
        Reader('label.txt', seeds.LABEL, lambda folder: read_label(folder / 'label.txt')),
        Reader('calib.txt', seeds.CALIB, lambda folder: read_calib(folder / 'calib.txt')),
        Reader('ImageSets/train.txt', seeds.SPLIT, lambda folder: read_split(folder, 'train')),
        Reader('names.txt', seeds.CLASSES, lambda folder: read_class_names(folder / 'names.txt')),
        *(
            Reader(f'cloud{ending}', content, _points(f'cloud{ending}'))
            for ending, content in seeds.clouds().items()
        ),
        Reader('kitti_infos.pkl', seeds.kitti_infos(), _kitti),
        Reader('nuscenes_infos.pkl', seeds.nuscenes_infos(), _nuscenes),
        Reader('custom_infos.pkl', seeds.custom_infos(), _custom),
        Reader('dbinfos.pkl', seeds.database(), _database),
        Reader(
            'checkpoint.pth',
            seeds.checkpoint(),
            lambda folder: load_weights(seeds.network(), folder / 'checkpoint.pth'),
            _OF_CHECKPOINTS,
        ),
        Reader('kd_cfg', seeds.kd_cfg(), _kd_cfg),
    ]


def limit_threads() -> None:
    """Small inputs gain nothing by threads."""
    torch.set_num_threads(1)
