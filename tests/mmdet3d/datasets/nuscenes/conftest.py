"""Fixtures of the nuScenes tests: data sets of generated drives, and copies to spoil."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from nuscenes import NuScenes
from support.nuscenes_example import info_example

from mmdet3d.datasets import NuScenesDataset


@pytest.fixture(scope='session')
def devkit(nuscenes_root: Path) -> NuScenes:
    """The tables as the devkit loads them."""
    return NuScenes('v1.0-mini', str(nuscenes_root), verbose=False)


@pytest.fixture(scope='session')
def infos(nuscenes_data: Path) -> list[dict]:
    """All samples: three for training, three for validation."""
    files = [nuscenes_data / f'nuscenes_infos_{split}.pkl' for split in ('train', 'val')]
    return [info for file in files for info in pickle.loads(file.read_bytes())['infos']]


@pytest.fixture(scope='session')
def example(shared_dir: Path | None) -> dict:
    """An entry of mmdetection3d's info files; one made up in its form without the reference."""
    if shared_dir is None:
        return info_example()
    return json.loads((shared_dir / 'reference/nuscenes_info_example.json').read_text())


@pytest.fixture
def make_dataset(nuscenes_root: Path, nuscenes_data: Path) -> Callable[..., NuScenesDataset]:
    """Build a data set of a split."""

    def make(split: str = 'val', **arguments) -> NuScenesDataset:
        file = str(nuscenes_data / f'nuscenes_infos_{split}.pkl')
        return NuScenesDataset(**{'ann_file': file, 'data_root': str(nuscenes_root), **arguments})

    return make


@pytest.fixture
def as_results() -> Callable[..., list[dict]]:
    """Give the ground truth as the output of a perfect detector, moved along the map's x or y."""

    def convert(dataset: NuScenesDataset, aside: float = 0.0) -> list[dict]:
        results = []
        for index in range(len(dataset)):
            annos = dataset.get_ann_info(index)
            known = torch.from_numpy(annos['gt_labels_3d'] >= 0)
            boxes = annos['gt_bboxes_3d'][known]
            boxes.translate([aside, 0, 0])
            labels = torch.from_numpy(annos['gt_labels_3d'])[known]
            scores = torch.full((len(labels),), 0.9)
            output = {'boxes_3d': boxes, 'scores_3d': scores, 'labels_3d': labels}
            results.append({'pts_bbox': output})
        return results

    return convert


@pytest.fixture
def spoiled(nuscenes_root: Path, tmp_path: Path) -> Callable[..., Path]:
    """Give a copy of the data whose tables can be changed: clouds and maps are links."""

    def make(version: str = 'v1.0-mini', **changes: Callable[[list], list]) -> Path:
        root = tmp_path / 'spoiled'
        (root / version).mkdir(parents=True)
        for name in ('samples', 'sweeps', 'maps'):
            (root / name).symlink_to(nuscenes_root / name)
        for path in (nuscenes_root / 'v1.0-mini').glob('*.json'):
            records = json.loads(path.read_text())
            records = changes.get(path.stem, lambda same: same)(records)
            (root / version / path.name).write_text(json.dumps(records))
        return root

    return make
