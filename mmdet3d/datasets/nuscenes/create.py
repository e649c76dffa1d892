"""Converting nuScenes' tables to the info files that training and evaluation read."""

import os.path as osp
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from mmdet3d.datasets.files import DataFormatError, dump_pickle
from mmdet3d.datasets.nuscenes.devkit import SPLITS, open_tables
from mmdet3d.datasets.nuscenes.infos import LIDAR, sample_info, sound_annotations
from mmdet3d.datasets.nuscenes.table_fields import check_records, name_absent
from mmdet3d.datasets.object_numbers import warn_of_left_out, warn_of_units

if TYPE_CHECKING:
    from nuscenes import NuScenes


@dataclass
class NuScenesSummary:
    """What was converted.

    Attributes:
        out_dir: where the files are.
        samples: samples per file.
        objects: objects per class in all of them.
        num_sweeps: sweeps of all samples.
    """

    out_dir: Path
    samples: dict[str, int]
    objects: dict[str, int]
    num_sweeps: int

    def __str__(self) -> str:
        samples = ', '.join(f'{name} {count}' for name, count in self.samples.items())
        objects = ', '.join(f'{name} {count}' for name, count in self.objects.items())
        return (
            f'Written to {self.out_dir}:\n  samples  {samples}\n  sweeps   {self.num_sweeps}\n'
            f'  objects  {objects or "none"}'
        )


def create_nuscenes_data(
    root_path: str | Path,
    out_dir: str | Path,
    version: str = 'v1.0-trainval',
    max_sweeps: int = 10,
    extra_tag: str = 'nuscenes',
) -> NuScenesSummary:
    """Write info files as mmdetection3d names them.

    In ``out_dir``: ``{extra_tag}_infos_train.pkl`` and ``{extra_tag}_infos_val.pkl`` of the
    version's official splits, or ``{extra_tag}_infos_test.pkl`` of the test set, which has no
    annotations. Each holds ``dict(infos=[...], metadata=dict(version=...))``. Clouds stay where
    they are; the files name them by ``root_path``.

    Args:
        root_path: the data set: maps, samples, sweeps and the tables of ``version``.
        out_dir: where to write; made if missing.
        version: 'v1.0-trainval', 'v1.0-mini' or 'v1.0-test'.
        max_sweeps: sweeps to list per sample.
        extra_tag: the prefix of the files' names.

    Returns:
        a summary that prints as a few lines.

    Raises:
        ImportError: if nuscenes-devkit is not installed.
        ValueError: if ``version`` or ``max_sweeps`` is out of its range.
        FileNotFoundError: if the folder, the version, or a cloud of the tables is missing.
        DataFormatError: if a table is malformed, a sample has no LiDAR, or no scene belongs to an
            official split.
    """
    if max_sweeps < 0:
        raise ValueError(f'max_sweeps is {max_sweeps}, expected 0 or more')
    tables = open_tables(root_path, version)
    folder, out_dir = Path(root_path) / version, Path(out_dir)
    check_records(folder, tables)
    with name_absent(folder):
        chosen = _samples_of_splits(tables, version)
        _judge_annotations(folder / 'sample_annotation.json', tables)
        infos = _convert(tables, chosen, max_sweeps)
    for name, members in infos.items():
        content = {'infos': members, 'metadata': {'version': version}}
        dump_pickle(out_dir / f'{extra_tag}_infos_{name}.pkl', content)
    return _summarise(out_dir, infos)


def _convert(
    tables: 'NuScenes', chosen: dict[str, list[dict[str, Any]]], max_sweeps: int
) -> dict[str, list[dict[str, Any]]]:
    """Give the entries of each info file, with a progress bar."""
    infos: dict[str, list[dict[str, Any]]] = {name: [] for name in chosen}
    with tqdm(total=sum(map(len, chosen.values())), unit='sample') as progress:
        for name, samples in chosen.items():
            for sample in samples:
                infos[name].append(sample_info(tables, sample, max_sweeps, name != 'test'))
                progress.update()
    return infos


def _judge_annotations(path: Path, tables: 'NuScenes') -> None:
    """Warn of annotations that are left out, and of sizes that are not those of objects."""
    records = tables.sample_annotation
    sound = sound_annotations(records)
    places = [f'token {record["token"]}' for record, kept in zip(records, sound) if not kept]
    warn_of_left_out(path, places, len(records))
    sizes = np.array([record['size'] for record in records], dtype=np.float64).reshape(-1, 3)
    warn_of_units(path, sizes[sound])


def _samples_of_splits(tables: 'NuScenes', version: str) -> dict[str, list[dict[str, Any]]]:
    """Give the samples of each info file: of the scenes of its split whose clouds are there."""
    from nuscenes.utils.splits import create_splits_scenes

    official = create_splits_scenes()
    present = _scenes_with_clouds(tables)
    names = ('test',) if version == 'v1.0-test' else ('train', 'val')
    scenes = {
        name: {token for token, scene in present.items() if scene in official[split]}
        for name, split in zip(names, SPLITS[version])
    }
    if not any(scenes.values()):
        raise DataFormatError(
            f'none of the scenes {sorted(present.values())[:5]} of {tables.dataroot} belongs to '
            f"the devkit's splits {', '.join(SPLITS[version])}"
        )
    empty = [name for name, tokens in scenes.items() if not tokens]
    if empty:
        warnings.warn(
            f'{tables.dataroot} has no scene for {", ".join(empty)}: of these an info file is '
            'written that has no sample, and cannot be used',
            stacklevel=3,
        )
    return {
        name: [sample for sample in tables.sample if sample['scene_token'] in tokens]
        for name, tokens in scenes.items()
    }


def _scenes_with_clouds(tables: 'NuScenes') -> dict[str, str]:
    """Give the names of the scenes under their tokens, without those that were not downloaded."""
    present, absent = {}, []
    for scene in tables.scene:
        sample = tables.get('sample', scene['first_sample_token'])
        token = sample['data'].get(LIDAR)
        if token is None or osp.isfile(tables.get_sample_data_path(token)):
            present[scene['token']] = scene['name']
        else:
            absent.append(scene['name'])
    if absent and not present:
        raise FileNotFoundError(
            f'{tables.dataroot} has the tables but no clouds of any scene; unpack the samples and '
            'sweeps there too'
        )
    if absent:
        warnings.warn(
            f'left out {len(absent)} of {len(tables.scene)} scenes, whose first cloud is missing: '
            f'{", ".join(absent[:5])}{", ..." if len(absent) > 5 else ""}',
            stacklevel=4,
        )
    return present


def _summarise(out_dir: Path, infos: dict[str, list[dict[str, Any]]]) -> NuScenesSummary:
    every = [info for members in infos.values() for info in members]
    names = [str(name) for info in every for name in info.get('gt_names', ())]
    return NuScenesSummary(
        out_dir,
        samples={name: len(members) for name, members in infos.items()},
        objects=dict(Counter(names)),
        num_sweeps=sum(len(info['sweeps']) for info in every),
    )
