"""The recipes of docs/architecture.md, followed with the code that stands there."""

import importlib.util
import pickle
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from mmcv import Config
from support import shrink

from mmdet3d.apis import init_model, train_model
from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets import DATASETS, build_dataset
from mmdet3d.models import DETECTORS, build_model
from mmdet3d.models.kd import KD_LOSSES

DOCUMENT = Path(__file__).resolve().parents[1] / 'docs' / 'architecture.md'
STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'


def blocks(recipe: str) -> list[str]:
    """The code of a recipe."""
    chapter = re.search(
        rf'^## Recipe: {recipe}$(.*?)(?=^## |\Z)', DOCUMENT.read_text(), re.M | re.S
    )
    return re.findall(r'^```python\n(.*?)^```$', chapter[1], re.M | re.S)


@pytest.fixture
def follow(tmp_path):
    """Import a recipe's modules under the names that it gives them."""
    names = []

    def load(code: str) -> ModuleType:
        path = Path(code.splitlines()[0].removeprefix('# '))
        name = '.'.join(path.with_suffix('').parts)
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
        spec = importlib.util.spec_from_file_location(name, file)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        names.append(name)
        spec.loader.exec_module(module)
        parent, _, child = name.rpartition('.')
        if parent in sys.modules:
            setattr(sys.modules[parent], child, module)
        return module

    yield load
    for name in names:
        del sys.modules[name]
        parent, _, child = name.rpartition('.')
        if parent in sys.modules and sys.modules[parent].__dict__.get(child) is not None:
            delattr(sys.modules[parent], child)
    for registry, toy in (
        (KD_LOSSES, 'FeatureDistance'),
        (DETECTORS, 'OneBox'),
        (DATASETS, 'YardDataset'),
    ):
        registry.module_dict.pop(toy, None)


def batch(*clouds: torch.Tensor) -> dict:
    boxes = LiDARInstance3DBoxes(torch.tensor([[15.0, 3, -1.7, 3.9, 1.6, 1.5, 0.3]]))
    return {
        'points': list(clouds),
        'img_metas': [{'box_type_3d': LiDARInstance3DBoxes} for _ in clouds],
        'gt_bboxes_3d': [boxes for _ in clouds],
        'gt_labels_3d': [torch.tensor([0]) for _ in clouds],
    }


def cloud(count: int = 400) -> torch.Tensor:
    low, high = torch.tensor([*shrink.RANGE[:3], 0]), torch.tensor([*shrink.RANGE[3:], 1])
    return low + (high - low) * torch.rand(count, 4)


def test_a_loss_of_ones_own_is_named_by_a_config_and_lowered_by_training(repo_root, follow):
    code, config = blocks('a distillation loss')
    follow(code)
    torch.manual_seed(0)
    networks = []
    for channels in (16, 8):
        cfg = Config.fromfile(repo_root / STUDENT)
        cfg.merge_from_dict({**shrink.small_scene(), **shrink.widths(channels)})
        cfg.merge_from_dict(Config.fromstring(config, '.py')._cfg_dict)
        networks.append(build_model(cfg.model))
    teacher, student = networks
    last = student.init_kd(teacher.eval())
    assert student.kd_losses['distance'].loss_weight == 0.5
    data = batch(cloud(), cloud())
    info = teacher.train_step(data, None, is_teacher=True, last=last)
    optimizer = torch.optim.Adam(student.kd_losses['distance'].parameters(), lr=0.01)
    logged = []
    for _ in range(10):
        out = student.train_step(data, None, teacher_info=info)
        optimizer.zero_grad()
        out['loss'].backward()
        optimizer.step()
        logged.append(out['log_vars'])
    assert logged[-1]['kd_distance'] < logged[0]['kd_distance']
    assert logged[0]['loss_kd'] == pytest.approx(
        logged[0]['kd_distance'] + logged[0]['kd_voxel'], rel=1e-5
    )


@pytest.fixture
def yard(tmp_path) -> dict:
    """Six clouds of one car each, and the config of their data set."""
    rng = np.random.default_rng(0)
    infos = []
    for index in range(6):
        path = f'{index}.bin'
        rng.uniform(-1, 1, (50, 4)).astype(np.float32).tofile(tmp_path / path)
        annos = {'gt_bboxes_3d': [[0.5 * index, 0, 0, 4, 2, 1.5, 0]], 'gt_names': ['Car']}
        infos.append({'sample_idx': index, 'pts_path': path, 'annos': annos})
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
    load = [
        {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 4},
        {'type': 'LoadAnnotations3D'},
        {'type': 'DefaultFormatBundle3D', 'class_names': ['Car']},
        {'type': 'Collect3D', 'keys': ['points', 'gt_bboxes_3d', 'gt_labels_3d']},
    ]
    return {
        'type': 'YardDataset',
        'data_root': str(tmp_path),
        'ann_file': str(tmp_path / 'infos.pkl'),
        'pipeline': load,
    }


def test_a_detector_of_ones_own_learns_from_a_teacher_on_a_data_set_of_ones_own(
    follow, yard, tmp_path
):
    for recipe in ('a detector', 'a data set'):
        follow(*blocks(recipe))
    dataset = build_dataset(yard)
    kd_cfg = {'type': 'OneBox', 'num_voxels': 20, 'kneighbours': 4}
    torch.manual_seed(0)
    teacher = build_model({'type': 'OneBox', 'channels': 16}).eval().requires_grad_(False)
    model = {'type': 'OneBox', 'channels': 8, 'train_cfg': {'kd_cfg': kd_cfg}}
    cfg = Config(
        {
            'model': model,
            'data': {
                'samples_per_gpu': 2,
                'workers_per_gpu': 0,
                **{'train': yard, 'val': yard, 'test': yard},
            },
            'optimizer': {'type': 'Adam', 'lr': 0.05},
            'optimizer_config': {},
            'lr_config': {'policy': 'fixed'},
            'checkpoint_config': {'interval': 4},
            'log_config': {'interval': 1, 'hooks': [{'type': 'TextLoggerHook'}]},
            'log_level': 'INFO',
            'workflow': [('train', 1)],
            'runner': {'type': 'EpochBasedRunner', 'max_epochs': 4},
            'resume_from': None,
            'load_from': None,
            'device': 'cpu',
            'work_dir': str(tmp_path / 'run'),
            'class_names': ['Car'],
        }
    )
    student = build_model(cfg.model)
    runner = train_model(student, dataset, cfg, teacher=teacher)
    assert runner.last_taught == 'point_features'
    assert runner.outputs['log_vars']['loss_kd'] > 0

    trained = init_model(cfg, str(tmp_path / 'run' / 'latest.pth'), device='cpu')
    with torch.no_grad():
        results = [
            trained.simple_test([dataset[i]['points'].data], [dataset[i]['img_metas'].data])[0]
            for i in range(len(dataset))
        ]
    assert 0 < dataset.evaluate(results)['Yard/distance'] < 10


def test_an_operator_of_ones_own_counts_the_same_on_every_backend(follow):
    cpu, device, public = map(follow, blocks('an operator'))
    points = torch.randn(3, 20, 3, generator=torch.Generator().manual_seed(0))
    brute = [sum(z > 0.5 for z in each[:, 2].tolist()) for each in points]
    assert public.count_above(points, 0.5).tolist() == brute
    assert device.count_above(points, 0.5).tolist() == brute
    assert cpu.count_above(points.numpy(), 0.5).tolist() == brute
    with pytest.raises(ValueError, match='points'):
        public.count_above(points[0], 0.5)


def test_every_file_that_the_document_names_is_there(repo_root):
    named = set(re.findall(r'`((?:mm\w+|tools|tests|docs)/[\w./]+)`', DOCUMENT.read_text()))
    assert len(named) > 20
    missing = [path for path in named if not (repo_root / path).exists()]
    assert missing == []
