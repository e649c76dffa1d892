"""SECOND by the real tools: a teacher, students in float32 and in mixed precision, evaluation."""

import json
import logging
import sys
from pathlib import Path

import pytest
import torch
from support import shrink
from support.tooling import call, run, training_lines

from mmcv_patched.runner import EpochBasedRunner
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import load_weights
from mmdet3d.utils.config import load_config

PREFIX = 'configs/second/hv_second_secfpn_'
TEACHER = f'{PREFIX}6x8_80e_kitti-3d-3class.py'


def options(data: Path, channels: int) -> list[str]:
    settings = {
        **shrink.small_second_scene(),
        **shrink.second_widths(channels),
        **shrink.data(str(data)),
        **shrink.ranges(TEACHER),
        'runner.max_epochs': 1,
        'log_config.interval': 1,
    }
    return ['--data-root', str(data), '--cfg-options', *shrink.as_arguments(settings)]


def train(repo_root: Path, config: str, work_dir: Path, *arguments: str) -> list[dict]:
    """Train without evaluation; return the lines of the log, one for each step."""
    where = ['--work-dir', str(work_dir), '--seed', '0', '--no-validate']
    run(sys.executable, 'tools/train.py', config, *where, *arguments, root=repo_root)
    return training_lines(work_dir)


@pytest.fixture(scope='module')
def teacher(repo_root, kitti_data, tmp_path_factory) -> tuple[str, str]:
    work_dir = tmp_path_factory.mktemp('teacher')
    train(repo_root, TEACHER, work_dir, *options(kitti_data, 8))
    return str(work_dir / Path(TEACHER).name), str(work_dir / 'latest.pth')


@pytest.mark.parametrize(
    'config, channels',
    [
        ('6x8_80e_kitti-3d-3class_student_4x', 4),
        ('6x8_80e_kitti-3d-3class_student_16x', 2),
        ('fp16_6x8_80e_kitti-3d-3class_student_4x', 4),
    ],
)
def test_a_student_is_distilled_and_evaluated(
    repo_root, kitti_data, teacher, tmp_path, config, channels
):
    config = f'{PREFIX}{config}.py'
    kd = ['--use-kd', '--teacher-config', teacher[0], '--teacher-checkpoint', teacher[1]]
    lines = train(repo_root, config, tmp_path, *kd, *options(kitti_data, channels))
    assert len(lines) == 3
    for line in lines:
        assert 0 < line['loss_kd'] < 100
        assert line['loss_kd'] == pytest.approx(line['kd_map0'] + line['kd_map1'], abs=2e-5)
        assert 0 < line['grad_norm'] < 1e5
    saved = torch.load(tmp_path / 'latest.pth', weights_only=True)
    assert ('fp16' in saved['meta']) == ('fp16' in config)
    weights = saved['state_dict'].values()
    assert {w.dtype for w in weights if w.is_floating_point()} == {torch.float32}
    figures = tmp_path / 'figures.json'
    test = [sys.executable, 'tools/test.py', config, str(tmp_path / 'latest.pth'), '--eval', 'mAP']
    out = run(*test, '--figures', str(figures), *options(kitti_data, channels), root=repo_root)
    assert 'Overall AP40@easy, moderate, hard:' in out
    assert 'KITTI/Overall_3D_AP40_moderate' in json.loads(figures.read_text())


def begin_with(model, path) -> None:
    """Load weights as ``load_from`` does."""
    EpochBasedRunner(model=model, logger=logging.getLogger('test')).load_checkpoint(str(path))


@pytest.mark.filterwarnings('error:.*in part')
@pytest.mark.parametrize('load', [load_weights, begin_with])
def test_a_checkpoint_of_spconv_1_loads_as_one_of_spconv_2(teacher, tmp_path, load):
    config, checkpoint = teacher
    saved = torch.load(checkpoint, weights_only=True)
    old = dict(saved['state_dict'])
    for key, value in old.items():
        if key.startswith('middle_encoder') and value.ndim == 5:
            old[key] = value.permute(1, 2, 3, 4, 0).contiguous()
    torch.save({**saved, 'state_dict': old}, tmp_path / 'old.pth')
    model = build_model(load_config(config).model)
    load(model, tmp_path / 'old.pth')
    for key, value in model.state_dict().items():
        assert torch.equal(value, saved['state_dict'][key]), key


def test_a_checkpoint_in_an_unknown_layout_is_an_error_that_names_it(repo_root, teacher, tmp_path):
    config, checkpoint = teacher
    saved = torch.load(checkpoint, weights_only=True)
    key = 'middle_encoder.conv_input.0.weight'
    saved['state_dict'][key] = saved['state_dict'][key].permute(0, 4, 1, 2, 3).contiguous()
    broken = tmp_path / 'broken.pth'
    torch.save(saved, broken)
    command = [sys.executable, 'tools/test.py', config, str(broken), '--eval', 'mAP']
    done = call(*command, root=repo_root)
    assert done.returncode != 0
    assert (
        f'{key} has shape (8, 4, 3, 3, 3), which is neither the layout of spconv 2' in done.stderr
    )
