"""Each fragment of configs/_base_/distill is one line of a student's config, and trains."""

from pathlib import Path

import pytest
import torch
from mmcv import Config
from mmcv.runner import save_checkpoint
from support import shrink
from support.tooling import call_here, training_lines

from mmdet3d.apis.settings import format_config
from mmdet3d.models import build_model
from mmdet3d.models.kd import KD_LOSSES
from mmdet3d.utils.config import load_config

ROOT = Path(__file__).resolve().parents[2]
FRAGMENTS = sorted((ROOT / 'configs/_base_/distill').glob('*.py'))
PILLARS = ROOT / 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
STUDENT = PILLARS.with_stem(f'{PILLARS.stem}_student_4x')


def small(channels: int) -> dict:
    return {**shrink.small_scene(), **shrink.widths(channels), **shrink.ranges(str(PILLARS))}


@pytest.fixture(scope='module')
def teacher(tmp_path_factory) -> list:
    """Arguments that name a teacher, as wide again as its students."""
    folder = tmp_path_factory.mktemp('teacher')
    cfg = load_config(PILLARS, small(16))
    (folder / 'teacher.py').write_text(format_config(cfg))
    torch.manual_seed(0)
    save_checkpoint(build_model(cfg.model), str(folder / 'teacher.pth'))
    named = {'config': folder / 'teacher.py', 'checkpoint': folder / 'teacher.pth'}
    return ['--use-kd', *(word for key, path in named.items() for word in (f'--teacher-{key}', path))]


def not_confident(fragment: Path) -> dict:
    """Let a teacher that was not trained be confident enough."""
    (terms,) = Config.fromfile(fragment).values()
    return {
        f'model.train_cfg.kd_cfg.terms.{name}.loss.{key}': 0.0
        for name, term in terms.items()
        for key in ('score_thr', 'iou_thr')
        if key in term.loss
    }


@pytest.mark.parametrize('fragment', FRAGMENTS, ids=lambda path: path.stem)
def test_a_fragment_is_one_line_of_a_config_and_trains(fragment, teacher, kitti_data, tmp_path):
    (tmp_path / 'student.py').write_text(
        f'_base_ = [{str(STUDENT)!r}, {str(fragment)!r}]\n'
        'model = dict(train_cfg=dict(kd_cfg=dict(_delete_=True, terms={{_base_.'
        f'{fragment.stem}}}}})))\n'
    )
    options = {
        **small(8),
        **shrink.small_batches(),
        **not_confident(fragment),
        **{'runner.max_epochs': 1, 'data.train.times': 1, 'log_config.interval': 1},
    }
    status = call_here(
        'tools/train.py', tmp_path / 'student.py', '--work-dir', tmp_path / 'run', '--seed', 0,
        '--no-validate', *teacher, '--data-root', kitti_data,
        '--cfg-options', *shrink.as_arguments(options),
    )  # fmt: skip
    assert status == 0
    losses = [line['loss_kd'] for line in training_lines(tmp_path / 'run')]
    assert losses and all(0 <= loss < 1e3 for loss in losses)
    assert any(losses)


def test_every_loss_has_a_fragment():
    texts = ''.join(path.read_text() for path in FRAGMENTS)
    assert not [name for name in KD_LOSSES.module_dict if f"type='{name}'" not in texts]


@pytest.mark.parametrize(
    'student',
    [
        'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_16x.py',
        'pointpillars/hv_pointpillars_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py',
        'point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_16x.py',
        'second/hv_second_secfpn_6x8_80e_kitti-3d-3class_student_16x.py',
    ],
)
def test_what_is_recommended_fits_the_students_of_every_detector(student, tmp_path):
    bases = [str(ROOT / 'configs' / path) for path in (student, '_base_/distill/recommended.py')]
    (tmp_path / 'student.py').write_text(
        f'_base_ = {bases}\n'
        'model = dict(train_cfg=dict(kd_cfg=dict(_delete_=True, terms={{_base_.recommended}})))\n'
    )
    cfg = load_config(tmp_path / 'student.py')
    model = build_model(cfg.model)
    assert list(model.kd_terms) == ['head']
    assert model.last_taught(build_model(load_config(cfg.teacher.config).model)) == 'head_outputs'
