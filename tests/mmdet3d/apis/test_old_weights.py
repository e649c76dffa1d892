"""PointPillars weights of before mmdetection3d v1.0, as teachers, to test, and to begin from."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv import Config
from support import shrink

from mmdet3d.apis import build_teacher, init_model, run_test, run_training
from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config

STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
KEY = 'voxel_encoder.pfn_layers.0.linear.weight'
SETTINGS = (
    '{"type": "PillarFeatureNet", "in_channels": %d, "feat_channels": [4], "with_distance": False}'
)


@pytest.fixture
def cfg(repo_root, kitti_data, tmp_path, monkeypatch) -> Config:
    """A small student, in an empty folder to run in."""
    monkeypatch.chdir(tmp_path)
    path = repo_root / STUDENT
    small = {**shrink.small_scene(), **shrink.widths(4), **shrink.ranges(str(path))}
    small.update({'runner.max_epochs': 1, 'work_dir': 'run'})
    return load_config(path, {**small, **shrink.data(str(kitti_data))}, data_root=kitti_data)


def old_model(cfg: Config) -> torch.nn.Module:
    """The network as it was before v1.0, with weights."""
    model_cfg = Config(cfg.to_dict()).model
    model_cfg.voxel_encoder.center_axes = 2
    torch.manual_seed(1)
    return build_model(model_cfg).eval()


def save(path: Path, weights: dict, **more) -> str:
    torch.save({'state_dict': weights, 'meta': {}, **more}, path)
    return str(path)


@pytest.fixture
def old_file(cfg, tmp_path) -> str:
    """Its checkpoint."""
    return save(tmp_path / 'old.pth', old_model(cfg).state_dict())


@pytest.fixture
def told() -> Iterator[list]:
    """The warnings on old weights; others, and repeated ones, are none of this test's business."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        yield caught


def lines(told: list) -> list[str]:
    return [str(each.message) for each in told if 'mmdetection3d v1.0' in str(each.message)]


def features(model: torch.nn.Module) -> torch.Tensor:
    points = torch.rand(500, 4, generator=torch.Generator().manual_seed(0)) * 10
    return model.eval().extract_feat([points], last='voxel_features')['voxel_features']


def check_features(model: torch.nn.Module, cfg: Config) -> None:
    assert model.state_dict()[KEY].shape == (4, 9)
    with torch.no_grad():
        assert torch.equal(features(model), features(old_model(cfg)))


@pytest.mark.parametrize('form', ['plain', 'wrapped', 'bare', 'of float64'])
def test_an_old_teacher_has_its_features_and_one_line_says_so(cfg, tmp_path, told, form):
    weights = old_model(cfg).state_dict()
    if form == 'wrapped':
        weights = {f'module.{name}': value for name, value in weights.items()}
    if form == 'of float64':
        weights = {name: value.double() for name, value in weights.items()}
    path = save(tmp_path / 'old.pth', weights)
    if form == 'bare':
        torch.save(weights, path)
    cfg.dump('teacher.py')
    teacher = build_teacher(cfg, 'teacher.py', path)
    (line,) = lines(told)
    assert 'old.pth' in line and KEY in line and '9 columns' in line and '\n' not in line
    check_features(teacher, cfg)
    assert not any(each.requires_grad for each in teacher.parameters())


def test_old_weights_are_tested_as_others_are(cfg, old_file, told):
    check_features(init_model(cfg, old_file, 'cpu'), cfg)
    figures = run_test(cfg, old_file, metrics=['mAP'])
    assert np.isfinite(figures['KITTI/Overall_3D_AP40_moderate'])
    assert len(lines(told)) == 2


def test_old_weights_under_the_prefix_of_nuscenes_detectors(repo_root, tmp_path, told):
    config = 'hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
    cfg = load_config(repo_root / 'configs/pointpillars' / config)
    cfg.model.pts_voxel_encoder.update(type='PillarFeatureNet', legacy=False, in_channels=4)
    cfg.model.pts_voxel_encoder.feat_channels = [64]
    old = Config(cfg.to_dict()).model
    old.pts_voxel_encoder.center_axes = 2
    path = save(tmp_path / 'old.pth', build_model(old).state_dict())
    model = init_model(cfg, path, 'cpu')
    assert model.pts_voxel_encoder.center_axes == 2
    (line,) = lines(told)
    assert 'pts_voxel_encoder.pfn_layers.0.linear.weight has 9 columns' in line


@pytest.mark.parametrize('columns', [8, 11])
def test_a_layer_of_another_width_is_refused(cfg, tmp_path, columns):
    weights = old_model(cfg).state_dict()
    weights[KEY] = torch.zeros(4, columns)
    with pytest.raises(ValueError, match=rf'{KEY} \(4, {columns}\), not \(4, 10\)'):
        init_model(cfg, save(tmp_path / 'other.pth', weights), 'cpu')


@pytest.mark.parametrize('text', [f'model = dict(voxel_encoder={SETTINGS % 3})\n', None])
def test_a_network_of_v1_on_points_of_three_columns_is_no_old_one(cfg, tmp_path, text):
    text = text or f'model = {{"type": "VoxelNet", "voxel_encoder": {SETTINGS % 3}}}\n'
    cfg_of_three = Config(cfg.to_dict()).model
    cfg_of_three.voxel_encoder.in_channels = 3
    weights = build_model(cfg_of_three).state_dict()
    path = save(tmp_path / 'three.pth', weights, meta={'config': text})
    with pytest.raises(ValueError, match=rf'{KEY} \(4, 9\), not \(4, 10\)'):
        init_model(cfg, path, 'cpu')
    agreeing = save(
        tmp_path / 'old.pth', weights, meta={'config': text.replace('in_channels": 3', 'k": 3')}
    )
    assert init_model(cfg, agreeing, 'cpu').voxel_encoder.center_axes == 2


def test_a_run_that_begins_with_old_weights_is_resumed_tested_and_taught_from(
    cfg, old_file, told, tmp_path
):
    cfg.load_from = old_file
    cfg.optimizer.lr = 0.0
    cfg.lr_config = None
    cfg.momentum_config = None
    run_training(Config(cfg.to_dict()), validate=False, seed=0)
    written = 'run/epoch_1.pth'
    saved = torch.load(written, weights_only=True)
    assert saved['state_dict'][KEY].shape == (4, 9)
    assert torch.equal(saved['state_dict'][KEY], old_model(cfg).state_dict()[KEY])
    assert init_model('run/config.py', written, 'cpu').voxel_encoder.center_axes == 2

    resumed = Config(cfg.to_dict())
    resumed.runner.max_epochs = 2
    resumed.load_from = None
    resumed.auto_resume = True
    runner = run_training(resumed, validate=False, seed=0)
    assert (runner.epoch, runner.model.module.voxel_encoder.center_axes) == (2, 2)

    taught = Config(cfg.to_dict())
    taught.update(load_from=None, work_dir='taught')
    taught.teacher = dict(config='run/config.py', checkpoint=written)
    runner = run_training(taught, use_kd=True, validate=False, seed=0)
    assert runner.teacher.module.voxel_encoder.center_axes == 2
    assert runner.model.module.voxel_encoder.center_axes == 3
    assert runner.outputs['log_vars']['loss_kd'] > 0
    assert all(line.startswith((old_file, 'run/')) for line in lines(told))


def test_a_start_of_which_nothing_fits_is_an_error_and_leaves_no_folder(cfg, tmp_path):
    cfg.load_from = save(tmp_path / 'other.pth', {'resnet.conv1.weight': torch.ones(3)})
    with pytest.raises(
        ValueError, match=r'none of the 1 weights in .*other.pth fits this VoxelNet'
    ):
        run_training(cfg, validate=False)
    assert not Path('run').exists()


def test_a_start_that_is_missing_leaves_no_folder(cfg):
    cfg.load_from = 'nowhere.pth'
    with pytest.raises(FileNotFoundError, match=r'nowhere.pth does not exist'):
        run_training(cfg, validate=False)
    assert not Path('run').exists()


def for_other_classes(cfg) -> tuple[dict, list[str]]:
    weights = old_model(cfg).state_dict()
    head = [name for name in weights if name.startswith('bbox_head.')]
    for name in head:
        weights[name] = weights[name][:2]
    return weights, head


def test_weights_of_other_widths_or_classes_are_no_start_unless_it_is_asked_for(cfg, tmp_path):
    weights, _ = for_other_classes(cfg)
    cfg.load_from = save(tmp_path / 'other_classes.pth', weights)
    expected = r'other_classes.pth are of another network .*6 of another shape.*load_partly=True'
    with pytest.raises(ValueError, match=expected):
        run_training(cfg, validate=False)


def test_fine_tuning_for_other_classes_warns_once_of_what_is_not_loaded(cfg, tmp_path, told):
    weights, head = for_other_classes(cfg)
    cfg.load_from, cfg.load_partly = save(tmp_path / 'other_classes.pth', weights), True
    cfg.optimizer.lr = 0.0
    cfg.lr_config = cfg.momentum_config = None
    runner = run_training(cfg, validate=False, seed=0)
    (line,) = {str(each.message) for each in told if 'in part' in str(each.message)}
    assert 'other_classes.pth' in line and f'As initialised stay {len(head)} of its' in line
    assert 'bbox_head.conv_cls, bbox_head.conv_reg, bbox_head.conv_dir_cls' in line
    loaded = runner.model.module.state_dict()
    name = 'backbone.blocks.0.0.weight'
    assert torch.equal(loaded[name], weights[name])


def test_resuming_from_weights_of_another_network_is_an_error(cfg, tmp_path):
    weights = {'voxel_encoder.pfn_layers.0.norm.bias': torch.zeros(4)}
    cfg.resume_from = save(tmp_path / 'other.pth', weights, meta={'epoch': 1, 'iter': 3})
    with pytest.raises(ValueError, match='was not written by a run like this one: its weights do'):
        run_training(cfg, validate=False)


def test_resuming_from_published_weights_says_what_they_lack(cfg, old_file):
    cfg.resume_from = old_file
    with pytest.raises(ValueError, match=r'which epoch and iteration.*name it as load_from'):
        run_training(cfg, validate=False)
