"""nuScenes through the real tools: a small detector is trained, evaluated and asked for results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import shrink

CONFIG = """
_base_ = [
    '{root}/configs/_base_/models/hv_pointpillars_secfpn_kitti.py',
    '{root}/configs/_base_/datasets/nus-3d.py',
    '{root}/configs/_base_/schedules/cyclic_40e.py',
    '{root}/configs/_base_/default_runtime.py',
]
classes = ['pedestrian', 'bicycle', 'car']
data = dict(
    samples_per_gpu=1,
    workers_per_gpu=0,
    train=dict(classes=classes),
    val=dict(classes=classes),
    test=dict(classes=classes))
evaluation = dict(interval=1)
runner = dict(max_epochs=1)
"""


def run(root: Path, *command: str) -> str:
    env = {**os.environ, 'OMP_NUM_THREADS': '2', 'PYTHONPATH': str(root)}
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope='module')
def options(nuscenes_root, nuscenes_data) -> list[str]:
    files = {'train': 'train', 'val': 'val', 'test': 'val'}
    settings = {**shrink.small_scene(), **shrink.widths(8), 'log_config.interval': 1}
    for part, split in files.items():
        settings[f'data.{part}.ann_file'] = f'{nuscenes_data}/nuscenes_infos_{split}.pkl'
        settings[f'data.{part}.data_root'] = f'{nuscenes_root}/'
    settings['model.test_cfg.score_thr'] = 0.0
    return ['--cfg-options', *shrink.as_arguments(settings)]


@pytest.fixture(scope='module')
def trained(repo_root, options, tmp_path_factory) -> tuple[str, str, str]:
    """Config, checkpoint and output of a training of one epoch."""
    folder = tmp_path_factory.mktemp('nuscenes_run')
    config = folder / 'small_nus.py'
    config.write_text(CONFIG.format(root=repo_root))
    arguments = ['--work-dir', str(folder / 'run'), '--seed', '0', *options]
    printed = run(repo_root, 'tools/train.py', str(config), *arguments)
    return str(config), str(folder / 'run' / 'latest.pth'), printed


def test_training_ends_with_the_official_figures(trained):
    assert 'mAP: 0.' in trained[2] and 'NDS: 0.' in trained[2]
    log = max(Path(trained[1]).parent.glob('*.log.json')).read_text().splitlines()
    figures = [line for line in map(json.loads, log) if line.get('mode') == 'val']
    assert 'pts_bbox_NuScenes/NDS' in figures[-1] and 'pts_bbox_NuScenes/mATE' in figures[-1]


def test_evaluation_prints_map_nds_and_the_errors_of_every_class(
    repo_root, trained, options, tmp_path
):
    config, checkpoint, _ = trained
    figures = tmp_path / 'figures.json'
    wanted = ['--eval', 'bbox', '--figures', str(figures)]
    printed = run(repo_root, 'tools/test.py', config, checkpoint, *wanted, *options)
    for word in ('ATE', 'ASE', 'AOE', 'AVE', 'AAE', 'construction_vehicle', 'mAP: ', 'NDS: '):
        assert word in printed
    assert 'pts_bbox_NuScenes/mAP' in json.loads(figures.read_text())


def test_results_are_written_without_evaluation(
    repo_root, trained, options, nuscenes_data, tmp_path
):
    config, checkpoint, _ = trained
    wanted = ['--format-only', '--eval-options', f'submission_prefix={tmp_path}']
    run(repo_root, 'tools/test.py', config, checkpoint, *wanted, *options)
    content = json.loads((tmp_path / 'pts_bbox' / 'results_nusc.json').read_text())
    assert content['meta']['use_lidar'] and len(content['results']) == 3
    assert any(content['results'].values())
