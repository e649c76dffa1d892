"""docs/own_data.md, followed: data in KITTI's layout with classes of one's own."""

import re
import shutil
import sys
import warnings
from pathlib import Path

import pytest
import torch
from mmcv import Config
from support import shrink
from support.tooling import run, training_lines

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.apis.evaluation import build_tested
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.kitti import create_kitti_data
from mmdet3d.synthetic import create_synthetic_kitti
from mmdet3d.utils.config import find_steps, load_config

CONFIG = 'configs/own_data/hv_pointpillars_bus-scooter.py'
RENAMED = {'Car': 'Bus', 'Pedestrian': 'Scooter'}


@pytest.fixture(scope='module')
def raw(tmp_path_factory) -> Path:
    """Generated frames whose cars are called buses, and whose pedestrians scooters."""
    root = tmp_path_factory.mktemp('own') / 'data'
    create_synthetic_kitti(root, train=4, val=2, test=0, seed=3, workers=1)
    for path in (root / 'training' / 'label_2').glob('*.txt'):
        lines = [line.split(' ', 1) for line in path.read_text().splitlines()]
        path.write_text(''.join(f'{RENAMED.get(n, n)} {rest}\n' for n, rest in lines))
    return root


def settings(data: Path) -> list[str]:
    """Options that shrink the example to what a test can afford."""
    x_min, y_min, _, x_max, y_max, _ = shrink.RANGE
    options = {
        **shrink.small_scene(),
        **shrink.widths(4),
        'model.bbox_head.anchor_generator.ranges': [[x_min, y_min, -1.7, x_max, y_max, -1.7]] * 2,
        **shrink.ranges(CONFIG),
        **shrink.small_batches(),
        'runner.max_epochs': 2,
        'log_config.interval': 1,
    }
    return ['--data-root', str(data), '--cfg-options', *shrink.as_arguments(options)]


def test_own_classes_are_converted_trained_evaluated_and_detected(repo_root, raw, tmp_path):
    tool = (sys.executable, 'tools/create_data.py', 'kitti', '--root-path', str(raw))
    converted = run(*tool, '--out-dir', str(tmp_path), '--extra-tag', 'own', root=repo_root)
    assert 'Bus' in converted and 'Scooter' in converted

    work_dir = tmp_path / 'run'
    arguments = (CONFIG, '--work-dir', str(work_dir), '--seed', '0', *settings(tmp_path))
    logged = run(sys.executable, 'tools/train.py', *arguments, root=repo_root)
    assert logged.count('Bus AP40@0.70, 0.70, 0.70:') == 2
    assert len(training_lines(work_dir)) == 4
    written = Config.fromfile(work_dir / Path(CONFIG).name)
    assert written.evaluation.save_best == 'KITTI/Overall_3D_AP40_moderate'
    assert written.evaluation.rule == 'greater'

    checkpoint = str(work_dir / 'latest.pth')
    figures = tmp_path / 'figures.json'
    tested = run(
        *(sys.executable, 'tools/test.py', CONFIG, checkpoint, '--eval', 'mAP'),
        *('--figures', str(figures), *settings(tmp_path)),
        root=repo_root,
    )
    assert 'Scooter AP40@0.50, 0.25, 0.25:' in tested
    assert 'KITTI/Scooter_BEV_AP40_moderate_loose' in figures.read_text()

    model = init_model(load_config(work_dir / Path(CONFIG).name), checkpoint, device='cpu')
    (found,), _ = inference_detector(model, raw / 'training' / 'velodyne' / '000000.bin')
    assert model.CLASSES == ('Bus', 'Scooter')
    assert set(found['labels_3d'].tolist()) <= {0, 1}


def test_objects_that_no_camera_saw_are_trained_on_and_evaluated(raw, tmp_path):
    root = tmp_path / 'blind'
    shutil.copytree(raw, root)
    for path in (root / 'training' / 'label_2').glob('*.txt'):
        rows = [line.split() for line in path.read_text().splitlines()]
        blind = [[row[0], '0', '0', row[3], *'0000', *row[8:]] for row in rows]
        path.write_text(''.join(f'{" ".join(row)}\n' for row in blind if row[0] != 'DontCare'))
    create_kitti_data(root, root, 'own')
    cfg = load_config(CONFIG, data_root=root)
    sampler = next(find_steps(cfg.data.train.pipeline, 'ObjectSample'))['db_sampler']
    sampler.prepare.filter_by_difficulty = []
    for section in cfg.data.values():
        if isinstance(section, dict):
            section.pts_prefix = 'velodyne'
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        frame = build_dataset(cfg.data.train)[0]
    assert {0, 1} <= set(frame['gt_labels_3d'].data.tolist())
    dataset = build_tested(cfg, 'val')
    figures = dataset.evaluate([_as_found(dataset.get_ann_info(i)) for i in range(len(dataset))])
    assert figures and set(figures.values()) == {100.0}


def _as_found(annos: dict) -> dict:
    labels = torch.from_numpy(annos['gt_labels_3d'])
    known = labels >= 0
    scores = torch.full((int(known.sum()),), 0.9)
    return {
        'boxes_3d': annos['gt_bboxes_3d'][known],
        'labels_3d': labels[known],
        'scores_3d': scores,
    }


def test_the_guide_names_what_is_there(repo_root):
    guide = (repo_root / 'docs' / 'own_data.md').read_text()
    named = set(re.findall(r'(?<!tests/)(?:configs|tools|docs)/[\w./-]+\.(?:py|sh|md)', guide))
    assert CONFIG in named
    assert [path for path in named if not (repo_root / path).exists()] == []
    assert 'docs/own_data.md' in (repo_root / 'README.md').read_text()
