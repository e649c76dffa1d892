"""What training and testing refuse before their first step, and what a test can do besides."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv import Config
from support import shrink

from mmdet3d.apis import run_test, run_training
from mmdet3d.apis.evaluation import build_tested
from mmdet3d.apis.settings import check_validation, fill_in_settings
from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config

CONFIGS = 'configs/pointpillars/hv_pointpillars_'
STUDENT = f'{CONFIGS}secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
NUSCENES = f'{CONFIGS}secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py'


@pytest.fixture
def cfg(repo_root, kitti_data, tmp_path, monkeypatch) -> Config:
    """A small student, in an empty folder to run in."""
    monkeypatch.chdir(tmp_path)
    path = repo_root / STUDENT
    small = {**shrink.small_scene(), **shrink.widths(4), **shrink.ranges(str(path))}
    small |= {**shrink.data(str(kitti_data)), 'runner.max_epochs': 2, 'work_dir': 'run'}
    return load_config(path, small, data_root=kitti_data)


@pytest.fixture
def checkpoint(cfg, tmp_path) -> str:
    """Its weights, at random, with statistics of normalisation that are none of the first ones."""
    torch.manual_seed(0)
    model = build_model(cfg.model)
    for name, values in model.state_dict().items():
        if name.endswith(('running_mean', 'running_var')):
            values.uniform_(0.5, 2)
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, tmp_path / 'weights.pth')
    return str(tmp_path / 'weights.pth')


@pytest.fixture(scope='module')
def without_labels(kitti_data, tmp_path_factory) -> Path:
    """Info files without a frame, and with one frame whose objects are not known."""
    folder = tmp_path_factory.mktemp('infos')
    infos = pickle.loads((kitti_data / 'kitti_infos_val.pkl').read_bytes())
    infos[1].pop('annos')
    (folder / 'unlabelled.pkl').write_bytes(pickle.dumps(infos))
    (folder / 'empty.pkl').write_bytes(pickle.dumps([]))
    custom = [{'sample_idx': 0, 'pts_path': 'a.bin', 'annos': {'gt_bboxes_3d': [], 'gt_names': []}}]
    (folder / 'custom.pkl').write_bytes(pickle.dumps(custom))
    np.zeros((50, 4), np.float32).tofile(folder / 'a.bin')
    return folder


REFUSED = [
    ({'evaluation.foo': 1}, ValueError, 'evaluation.foo is no setting: allowed are'),
    ({'evaluation.intervals': 2}, ValueError, 'evaluation.intervals.*did you mean interval'),
    ({'evaluation.metric': 'mAPP'}, ValueError, "no metric 'mAPP': did you mean mAP"),
    ({'evaluation.interval': 0}, ValueError, 'evaluation.interval=0; expected a whole number'),
    ({'evaluation.rule': 'more'}, ValueError, "evaluation.rule='more'; expected 'greater'"),
    ({'evaluation.by_epoch': 'yes'}, ValueError, "evaluation.by_epoch='yes'; expected True"),
    ({'evaluation.save_best': True}, ValueError, 'evaluation.save_best=True; expected the name'),
    (
        {'evaluation.save_best': 'KITTI/Car_3D_AP40_moderate'},
        ValueError,
        r'is no figure of the evaluation: did you mean .*KITTI/Car_3D_AP40_moderate_strict',
    ),
    ({'evaluation.show': True}, ValueError, 'show=True would open windows'),
    ({'data.val': None}, ValueError, r'data.val is not in .*--no-validate'),
    ({'data.val.ann_file': 'empty.pkl'}, ValueError, r'empty.pkl lists no frame'),
    ({'data.val.ann_file': 'unlabelled.pkl'}, KeyError, "frame 1 of .* has no 'annos'"),
    ({'data.val.min_overlaps': {'Bus': 0.5}}, ValueError, "min_overlaps names 'Bus'"),
]


@pytest.mark.parametrize('options, error, message', REFUSED)
def test_what_cannot_be_evaluated_ends_a_training_before_its_folder_is_made(
    cfg, tmp_path, without_labels, options, error, message
):
    cfg.merge_from_dict(options)
    if str(options.get('data.val.ann_file', '')).endswith('.pkl'):
        cfg.data.val.ann_file = str(without_labels / options['data.val.ann_file'])
    with pytest.raises(error, match=message):
        run_training(cfg, seed=0)
    assert not (tmp_path / 'run').exists()


def custom(cfg: Config, folder: Path) -> dict:
    keep = {'pipeline': cfg.data.val.pipeline, 'classes': cfg.data.val.classes}
    return {
        'type': 'Custom3DDataset',
        'data_root': str(folder),
        'ann_file': str(folder / 'custom.pkl'),
        **keep,
    }


def test_a_data_set_without_an_evaluation_ends_both_before(cfg, without_labels):
    cfg.data.val = cfg.data.test = custom(cfg, without_labels)
    with pytest.raises(NotImplementedError, match='Custom3DDataset defines no evaluation'):
        check_validation(cfg)
    with pytest.raises(NotImplementedError, match='Custom3DDataset defines no evaluation'):
        run_test(cfg, 'none.pth', metrics='mAP')
    with pytest.raises(NotImplementedError, match='has no form of its own'):
        run_test(cfg, 'none.pth', format_only=True)


def test_a_repeated_data_set_is_no_validation(cfg):
    cfg.data.val = {'type': 'RepeatDataset', 'times': 2, 'dataset': cfg.data.val}
    with pytest.raises(ValueError, match='a RepeatDataset has no evaluate'):
        check_validation(cfg)


@pytest.mark.parametrize(
    'wanted, name, rule',
    [
        ('auto', 'KITTI/Overall_3D_AP40_moderate', 'greater'),
        ('KITTI/Car_3D_AP40_moderate_strict', 'KITTI/Car_3D_AP40_moderate_strict', 'greater'),
    ],
)
def test_the_best_checkpoint_has_its_figure_and_rule(cfg, wanted, name, rule):
    cfg.evaluation.save_best = wanted
    check_validation(cfg)
    assert (cfg.evaluation.save_best, cfg.evaluation.rule) == (name, rule)


def test_several_annotation_files_are_evaluated_by_number(cfg):
    cfg.data.val.ann_file = [cfg.data.val.ann_file] * 2
    cfg.evaluation.save_best = 'auto'
    assert len(check_validation(cfg)) == 12
    assert cfg.evaluation.save_best == '0_KITTI/Overall_3D_AP40_moderate'


def test_a_rule_of_the_user_stays(cfg):
    cfg.evaluation.update(save_best='auto', rule='less')
    check_validation(cfg)
    assert cfg.evaluation.rule == 'less'


def test_the_best_checkpoint_is_kept(cfg):
    # Only a group of processes has a use for gpu_collect, and one is none the worse for it.
    cfg.evaluation.update(gpu_collect=True, save_best='auto', interval=1, metric='mAP')
    # Whatever is predicted is found: mmcv keeps no checkpoint whose figure is 0.
    found = dict(score_thr=0.0, nms_thr=1.0, nms_pre=5000, max_num=5000, use_rotate_nms=False)
    cfg.model.test_cfg.update(found)
    cfg.data.val.min_overlaps = dict.fromkeys(cfg.data.val.classes, 1e-6)
    messages = run_training(cfg, seed=0).meta['hook_msgs']
    assert messages['best_score'] > 0
    assert 'KITTI/Overall_3D_AP40_moderate_epoch_' in messages['best_ckpt']
    assert Path(messages['best_ckpt']).is_file()


@pytest.mark.parametrize('wanted, rule', [('NDS', 'greater'), ('mATE', 'less')])
def test_nuscenes_has_its_own_figures(
    repo_root, nuscenes_root, nuscenes_data, tmp_path, monkeypatch, wanted, rule
):
    cfg = load_config(repo_root / NUSCENES, {}, nuscenes_root, nuscenes_data)
    fill_in_settings(cfg)
    cfg.evaluation.save_best = f'pts_bbox_NuScenes/{wanted}'
    check_validation(cfg)
    assert cfg.evaluation.rule == rule
    cfg.evaluation.update(save_best='auto', rule=None)
    check_validation(cfg)
    assert cfg.evaluation.save_best == 'pts_bbox_NuScenes/NDS'


@pytest.mark.parametrize(
    'arguments, error, message',
    [
        ({}, ValueError, 'nothing to do'),
        ({'out': 'found.json'}, ValueError, r'out=found.json.*name it \*.pkl'),
        (
            {'out': 'weights.pth/found.pkl'},
            OSError,
            'out weights.pth/found.pkl: .*can be written',
        ),
        ({'metrics': 'mAPP'}, ValueError, "no metric 'mAPP'"),
        ({'metrics': ['mAP'], 'options': {'foo': 1}}, ValueError, "no option 'foo'"),
        ({'metrics': ['mAP'], 'options': {'show': True}}, ValueError, 'show=True'),
        (
            {'format_only': True, 'options': {'submission_prefix': 'weights.pth/x'}},
            OSError,
            'submission_prefix weights.pth/x: nothing can be written',
        ),
        ({'format_only': True, 'options': {'out_dir': 'x'}}, ValueError, "no option 'out_dir'"),
        ({'show_dir': 'weights.pth'}, OSError, 'show_dir weights.pth: nothing can be written'),
    ],
)
def test_what_a_test_cannot_do_is_refused_before_the_weights_are_loaded(
    cfg, tmp_path, arguments, error, message
):
    (tmp_path / 'weights.pth').write_text('no weights')
    with pytest.raises(error, match=message):
        run_test(cfg, str(tmp_path / 'weights.pth'), **arguments)


@pytest.mark.parametrize('name', ['empty', 'unlabelled'])
def test_frames_that_cannot_be_evaluated_are_refused_before(cfg, without_labels, name):
    cfg.data.test.ann_file = str(without_labels / f'{name}.pkl')
    with pytest.raises((ValueError, KeyError), match=r"lists no frame|has no 'annos'"):
        run_test(cfg, 'none.pth', metrics='mAP')


def test_the_range_of_the_detector_limits_what_is_evaluated(cfg):
    dataset = build_tested(cfg)
    assert dataset.reported_range() == (0, -20.48, -np.inf, 40.96, 20.48, 1)
    cfg.data.test.pcd_limit_range = [0, -9, -3, 9, 9, 1]
    assert build_tested(cfg).reported_range() == [0, -9, -3, 9, 9, 1]


def test_a_test_draws_every_frame_of_every_part(cfg, checkpoint, tmp_path):
    run_test(cfg, checkpoint, show_dir='alone')
    names = [f'{index:06d}.png' for index in (0, 1, 6, 7, 8, 134)]
    assert sorted(path.name for path in (tmp_path / 'alone').iterdir()) == names
    cfg.data.test.ann_file = [cfg.data.test.ann_file] * 2
    run_test(cfg, checkpoint, show_dir='both', metrics='mAP')
    assert len(list((tmp_path / 'both').glob('[01]/*.png'))) == 12


def test_custom_data_are_drawn_too(cfg, checkpoint, without_labels, tmp_path):
    cfg.data.test = custom(cfg, without_labels)
    run_test(cfg, checkpoint, show_dir='pictures')
    assert [path.name for path in (tmp_path / 'pictures').iterdir()] == ['000000.png']


def test_fused_normalisations_change_no_detection(cfg, checkpoint):
    cfg.data.test.ann_file = cfg.data.test.ann_file.replace('trainval', 'val')
    cfg.model.test_cfg.score_thr = 0.0
    for fused in (False, True):
        run_test(cfg, checkpoint, out=f'{fused}.pkl', fuse_conv_bn=fused)
    plain, fused = (pickle.loads(Path(f'{name}.pkl').read_bytes()) for name in (False, True))
    assert sum(len(each['scores_3d']) for each in plain) > 50
    for one, other in zip(plain, fused):
        torch.testing.assert_close(one['scores_3d'], other['scores_3d'], atol=1e-4, rtol=0)
        boxes, others = one['boxes_3d'].tensor, other['boxes_3d'].tensor
        torch.testing.assert_close(boxes, others, atol=1e-4, rtol=1e-4)
