"""nuScenes by the real tools: a teacher in mixed precision, a distilled student, its evaluation."""

import json
import sys
from pathlib import Path

import pytest
import torch
from support import shrink, shrink_nuscenes
from support.tooling import run, training_lines

PREFIX = 'configs/pointpillars/hv_pointpillars_'
TEACHER = f'{PREFIX}fpn_sbn-all_fp16_2x8_2x_nus-3d.py'
STUDENT = f'{PREFIX}secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py'


@pytest.fixture(scope='module')
def options(nuscenes_root, nuscenes_data):
    """Command-line options that shrink a config to as many channels."""
    settings = {
        **shrink_nuscenes.small_scene(),
        **shrink.ranges(TEACHER, shrink_nuscenes.RANGE),
        **shrink.small_batches(),
        'model.test_cfg.pts.score_thr': 0.0,
        'lr_config.warmup_iters': 2,
        'evaluation.interval': 1,
        'runner.max_epochs': 1,
        'log_config.interval': 1,
    }

    def of(channels: int) -> list[str]:
        both = {**settings, **shrink_nuscenes.widths(channels)}
        where = ['--data-root', str(nuscenes_root), '--infos', str(nuscenes_data)]
        return [*where, '--cfg-options', *shrink.as_arguments(both)]

    return of


@pytest.fixture(scope='module')
def teacher(repo_root, options, tmp_path_factory) -> Path:
    """The folder of a teacher trained for an epoch."""
    folder = tmp_path_factory.mktemp('nuscenes_teacher')
    where = ['--work-dir', str(folder), '--seed', '0', '--no-validate']
    run(sys.executable, 'tools/train.py', TEACHER, *where, *options(8), root=repo_root)
    return folder


@pytest.fixture(scope='module')
def trained(repo_root, teacher, options, tmp_path_factory) -> tuple[Path, str]:
    """The folder of a student distilled for an epoch, and what its training printed."""
    folder = tmp_path_factory.mktemp('nuscenes_student')
    named = ['--teacher-config', str(teacher / Path(TEACHER).name)]
    named += ['--teacher-checkpoint', str(teacher / 'latest.pth')]
    where = ['--work-dir', str(folder), '--seed', '0', '--use-kd', *named]
    return folder, run(
        sys.executable, 'tools/train.py', STUDENT, *where, *options(4), root=repo_root
    )


def test_a_teacher_trains_in_mixed_precision_on_float32_weights(teacher):
    steps = training_lines(teacher)
    assert len(steps) > 0
    for line in steps:
        assert line['loss'] > 0 and 0 < line['grad_norm'] < 1e5
    saved = torch.load(teacher / 'latest.pth', weights_only=True)
    assert 'fp16' in saved['meta']
    weights = saved['state_dict'].values()
    assert {w.dtype for w in weights if w.is_floating_point()} == {torch.float32}


def test_a_student_is_distilled_from_the_first_map_of_the_neck(trained):
    steps = training_lines(trained[0])
    assert len(steps) > 0
    for line in steps:
        parts = ('loss_cls', 'loss_bbox', 'loss_dir', 'loss_kd')
        assert 0 < line['loss_kd'] < 1e4
        assert line['loss'] == pytest.approx(sum(line[name] for name in parts), abs=1e-3)


def test_training_ends_with_the_official_figures(trained):
    assert 'mAP: 0.' in trained[1] and 'NDS: 0.' in trained[1]
    log = next(trained[0].glob('*.log.json')).read_text().splitlines()
    figures = [line for line in map(json.loads, log) if line.get('mode') == 'val']
    assert 'pts_bbox_NuScenes/NDS' in figures[-1] and 'pts_bbox_NuScenes/mATE' in figures[-1]


def test_evaluation_prints_map_nds_and_the_errors_of_every_class(
    repo_root, trained, options, tmp_path
):
    figures = tmp_path / 'figures.json'
    wanted = [str(trained[0] / 'latest.pth'), '--eval', 'bbox', '--figures', str(figures)]
    printed = run(sys.executable, 'tools/test.py', STUDENT, *wanted, *options(4), root=repo_root)
    for word in ('ATE', 'ASE', 'AOE', 'AVE', 'AAE', 'construction_vehicle', 'mAP: ', 'NDS: '):
        assert word in printed
    assert 'pts_bbox_NuScenes/mAP' in json.loads(figures.read_text())


def test_results_are_written_without_evaluation(repo_root, trained, options, tmp_path):
    wanted = [str(trained[0] / 'latest.pth'), '--format-only']
    wanted += ['--eval-options', f'submission_prefix={tmp_path}']
    run(sys.executable, 'tools/test.py', STUDENT, *wanted, *options(4), root=repo_root)
    content = json.loads((tmp_path / 'pts_bbox' / 'results_nusc.json').read_text())
    assert content['meta']['use_lidar'] and len(content['results']) == 3
    assert any(content['results'].values())
