"""Checkpoints of before mmdetection3d v1.0, converted: the boxes of frames stay the same."""

import math
import pickle
import sys
import warnings

import numpy as np
import pytest
import torch
from mmcv import Config
from support import shrink
from support.old_heads import (
    DETECTORS,
    NUSCENES,
    PILLARS,
    SECOND,
    as_old,
    old_weights,
    save_old,
)
from support.tooling import call_here, run

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.apis.convert import convert_checkpoint
from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config

# The published PointPillars of 2020 put its anchors on the borders of a range beyond the map's.
ELSEWHERE = {
    'type': 'Anchor3DRangeGenerator',
    'ranges': [[0, -20.48, z, 42.24, 20.48, z] for z in (-0.6, -0.6, -1.78)],
}


@pytest.fixture(params=DETECTORS, ids=['pillars', 'second', 'nuscenes'])
def detector(request, repo_root) -> tuple[Config, str]:
    """The config of a small detector, and the key of its head."""
    key, options = DETECTORS[request.param]
    return load_config(repo_root / request.param, options), key


@pytest.fixture
def pillars(repo_root) -> Config:
    return load_config(repo_root / PILLARS, DETECTORS[PILLARS][1])


@pytest.fixture(scope='module')
def clouds(kitti_sample, nuscenes_sample) -> dict[str, list]:
    """Frames of each data set, as its detectors take them."""
    sweep = np.fromfile(nuscenes_sample / 'LIDAR_TOP.pcd.bin', dtype=np.float32).reshape(-1, 5)
    frames = [str(kitti_sample / f'training/velodyne/{i:06d}.bin') for i in (8, 134)]
    low, high = np.array([0, -20, -3, 0]), np.array([40, 20, 1, 1])
    made = np.random.default_rng(0).uniform(low, high, (20000, 4)).astype(np.float32)
    lagged = np.pad(made, ((0, 0), (0, 1)))
    return {'bbox_head': [*frames, made], 'pts_bbox_head': [sweep, lagged]}


def detect(model, frames) -> list[dict]:
    found, _ = inference_detector(model, list(frames))
    return [each.get('pts_bbox', each) for each in found]


def alone(found: dict) -> dict[str, torch.Tensor]:
    """Detections whose scores no other has: cells without points tie, and ties have no order."""
    scores, order = found['scores_3d'].sort()
    gaps = (scores.diff() > 1e-6).tolist()
    kept = torch.tensor([a and b for a, b in zip([True, *gaps], [*gaps, True])])
    boxes, labels = found['boxes_3d'].tensor[order], found['labels_3d'][order]
    return {'scores': scores[kept], 'labels': labels[kept], 'boxes': boxes[kept]}


def require_same(found: list[dict], expected: list[dict]) -> None:
    """The boxes are the same, but for whole turns of a heading."""
    for new, old in zip(map(alone, found), map(alone, expected), strict=True):
        assert len(new['scores']) == len(old['scores']) > 20
        torch.testing.assert_close(new['scores'], old['scores'], rtol=0, atol=1e-5)
        assert torch.equal(new['labels'], old['labels'])
        apart = new['boxes'] - old['boxes']
        apart[:, 6] = torch.remainder(apart[:, 6] + math.pi, 2 * math.pi) - math.pi
        assert (apart / old['boxes'].abs().clamp(min=1)).abs().max() < 1e-5


@pytest.mark.parametrize('told', ['by its config', 'by its version', 'not at all'])
def test_a_converted_network_finds_the_boxes_that_the_old_one_found(
    detector, clouds, tmp_path, told, one_thread
):
    cfg, key = detector
    model, text = as_old(cfg, key)
    metas = {'by its config': {'config': text}, 'by its version': {'mmdet3d_version': '0.17.1'}}
    path = save_old(tmp_path / 'old.pth', model, **metas.get(told, {}))
    convert_checkpoint(cfg, path, tmp_path / 'new.pth')
    with warnings.catch_warnings():
        warnings.filterwarnings('error', message=r'.*v1\.0')
        new = init_model(cfg, str(tmp_path / 'new.pth'), 'cpu')
    require_same(detect(new, clouds[key]), detect(model, clouds[key]))


def test_unconverted_its_boxes_are_wrong_and_a_warning_says_how_to_convert(
    detector, clouds, tmp_path, one_thread
):
    cfg, key = detector
    model, text = as_old(cfg, key)
    path = save_old(tmp_path / 'old.pth', model, config=text)
    with pytest.warns(UserWarning, match=r'old\.pth.*v1\.0.*convert_checkpoint\.py.*--config'):
        new = init_model(cfg, str(path), 'cpu')
    with pytest.raises(AssertionError):
        require_same(detect(new, clouds[key]), detect(model, clouds[key]))


def test_anchors_that_lay_elsewhere_are_kept_in_the_checkpoint(
    pillars, clouds, tmp_path, one_thread
):
    model, text = as_old(pillars, 'bbox_head', **ELSEWHERE)
    path = save_old(tmp_path / 'old.pth', model, config=text)
    done = convert_checkpoint(pillars, path, tmp_path / 'new.pth')
    assert any('anchors lie elsewhere' in line and '42.24' in line for line in done)
    new = init_model(pillars, str(tmp_path / 'new.pth'), 'cpu')
    require_same(detect(new, clouds['bbox_head']), detect(model, clouds['bbox_head']))


def test_without_its_notes_boxes_far_from_their_anchor_point_backwards(
    repo_root, clouds, tmp_path, one_thread
):
    cfg = load_config(repo_root / NUSCENES, DETECTORS[NUSCENES][1])
    model, text = as_old(cfg, 'pts_bbox_head')
    path = save_old(tmp_path / 'old.pth', model, config=text)
    convert_checkpoint(cfg, path, tmp_path / 'new.pth')
    saved = torch.load(tmp_path / 'new.pth', weights_only=True)
    begins = saved['meta']['converted']['parts']['pts_bbox_head'].pop('direction_begins')
    assert begins == pytest.approx([-0.75 * math.pi, 0.25 * math.pi], abs=1e-4)
    torch.save(saved, tmp_path / 'bare.pth')
    whole, bare = (
        alone(detect(init_model(cfg, str(tmp_path / name), 'cpu'), clouds['pts_bbox_head'])[0])
        for name in ('new.pth', 'bare.pth')
    )
    turned = torch.remainder(whole['boxes'][:, 6] - bare['boxes'][:, 6] + 1, 2 * math.pi) - 1
    backwards = (turned - math.pi).abs() < 1e-4
    assert (backwards | (turned.abs() < 1e-4)).all()
    assert 0.2 < backwards.float().mean() < 0.8


def test_headings_of_any_angles_are_paired(pillars, clouds, tmp_path, one_thread):
    pillars.model.bbox_head.anchor_generator.rotations = [0, 0.785, 1.57, 2.355]
    model, text = as_old(pillars, 'bbox_head')
    path = save_old(tmp_path / 'old.pth', model, config=text)
    convert_checkpoint(pillars, path, tmp_path / 'new.pth')
    new = init_model(pillars, str(tmp_path / 'new.pth'), 'cpu')
    require_same(detect(new, clouds['bbox_head']), detect(model, clouds['bbox_head']))


def test_a_first_layer_of_nine_columns_and_layers_of_distillation_are_no_hindrance(
    pillars, clouds, tmp_path, one_thread
):
    cfg = Config(pillars.to_dict())
    cfg.model.voxel_encoder.center_axes = 2
    model, text = as_old(cfg, 'bbox_head')
    path = tmp_path / 'old.pth'
    weights = {**old_weights(model), 'teacher_gcn_adapt.conv.weight': torch.ones(3)}
    weights = {f'module.{key}': value for key, value in weights.items()}
    torch.save({'state_dict': weights, 'meta': {'config': text}}, path)
    done = convert_checkpoint(pillars, path, tmp_path / 'new.pth')
    assert any('9 columns' in line for line in done)
    new = init_model(pillars, str(tmp_path / 'new.pth'), 'cpu')
    require_same(detect(new, clouds['bbox_head']), detect(model, clouds['bbox_head']))


def test_channels_move_as_the_convention_says(pillars, tmp_path):
    model, text = as_old(pillars, 'bbox_head')
    path = save_old(tmp_path / 'old.pth', model, config=text)
    convert_checkpoint(pillars, path, tmp_path / 'new.pth')
    old, new = model.state_dict(), torch.load(tmp_path / 'new.pth', weights_only=True)['state_dict']
    assert list(old) == list(new)
    moved = [key for key in old if not torch.equal(old[key], new[key])]
    layers = ('bbox_head.conv_cls', 'bbox_head.conv_reg', 'bbox_head.conv_dir_cls')
    assert moved == [f'{layer}.{kind}' for layer in layers for kind in ('weight', 'bias')]
    # Of the second anchor, across, become those of the first, along; of each size.
    for first in (0, 2, 4):
        scores = [old['bbox_head.conv_cls.weight'].unflatten(0, (6, 3)) for _ in range(2)]
        assert torch.equal(
            new['bbox_head.conv_cls.weight'].unflatten(0, (6, 3))[first], scores[0][first + 1]
        )
        codes = new['bbox_head.conv_reg.weight'].unflatten(0, (6, 7))[first]
        before = old['bbox_head.conv_reg.weight'].unflatten(0, (6, 7))[first + 1]
        assert torch.equal(codes[:6], before[[0, 1, 2, 4, 3, 5]])
        assert torch.equal(codes[6], -before[6])
        halves = new['bbox_head.conv_dir_cls.weight'].unflatten(0, (6, 2))[first]
        assert torch.equal(
            halves, old['bbox_head.conv_dir_cls.weight'].unflatten(0, (6, 2))[first + 1].flip(0)
        )


def test_weights_of_spconv_1_with_new_boxes_are_laid_out_alone(repo_root, tmp_path):
    _, options = DETECTORS[SECOND]
    cfg = load_config(repo_root / SECOND, options)
    model_cfg = Config(cfg.to_dict()).model
    model_cfg.train_cfg = None
    model = build_model(model_cfg)
    path = save_old(tmp_path / 'spconv1.pth', model, mmdet3d_version='1.0.0rc0')
    (line,) = convert_checkpoint(cfg, path, tmp_path / 'new.pth')
    assert 'spconv 1' in line and '12 weights' in line
    saved = torch.load(tmp_path / 'new.pth', weights_only=True)['state_dict']
    assert all(torch.equal(value, saved[key]) for key, value in model.state_dict().items())
    # What mmdetection3d v1.0 knows the layout by.
    assert saved._metadata['middle_encoder.conv_input.0'] == {'version': 2}


def test_a_converted_checkpoint_says_what_it_is(pillars, tmp_path):
    model, text = as_old(pillars, 'bbox_head')
    path = save_old(
        tmp_path / 'old_20200620_230421-aa0f3adb.pth', model, config=text, CLASSES=('A', 'B', 'C')
    )
    with pytest.warns(UserWarning, match=r"was trained on the classes \['A', 'B', 'C'\]"):
        convert_checkpoint(pillars, path, tmp_path / 'a_20200620_230421.pth')
    saved = torch.load(tmp_path / 'a_20200620_230421.pth', weights_only=True)
    assert set(saved) == {'state_dict', 'meta'}
    assert saved['meta']['converted'] == {'source': path.name, 'parts': {'bbox_head': {}}}
    assert saved['meta']['CLASSES'] == ('A', 'B', 'C')
    (tmp_path / 'config.py').write_text(saved['meta']['config'])
    assert load_config(tmp_path / 'config.py').model == pillars.model


@pytest.mark.parametrize(
    'meta, name, sign',
    [
        ({'mmdet3d_version': '0.5.0'}, 'a.pth', r'mmdetection3d 0\.5\.0 wrote it'),
        ({}, 'a_20200620_230421-{hash}.pth', 'the date in its name is of 2020'),
        ({'config': 'model = dict(bbox_head=dict(dir_offset=1.5708))'}, 'a.pth', 'dir_offset=1.57'),
    ],
)
def test_other_signs_of_an_old_checkpoint(pillars, tmp_path, meta, name, sign):
    model, _ = as_old(pillars, 'bbox_head')
    path = save_old(tmp_path / name.format(hash='01234567'), model, **meta)
    with pytest.warns(UserWarning, match=sign):
        init_model(pillars, str(path), 'cpu')


@pytest.mark.parametrize(
    'meta',
    [
        {},
        {'mmdet3d_version': '1.0.0rc0'},
        {'env_info': {'pointdistiller': '0.1.0'}},
        {'config': 'NEW', 'mmdet3d_version': '0.17.0'},
        {'mmdet3d_version': None, 'config': 3, 'converted': {'parts': {}}},
    ],
)
def test_a_checkpoint_of_v1_is_no_old_one(pillars, tmp_path, meta):
    if meta.get('config') == 'NEW':
        meta = {**meta, 'config': f'model = {pillars.model.to_dict()!r}'}
    model, _ = as_old(pillars, 'bbox_head')
    path = save_old(tmp_path / 'new.pth', model, **meta)
    with warnings.catch_warnings():
        warnings.filterwarnings('error', message=r'.*v1\.0')
        init_model(pillars, str(path), 'cpu')
    if not meta:
        return
    with pytest.raises(ValueError, match=r'nothing to convert.*--force'):
        convert_checkpoint(pillars, path, tmp_path / 'out.pth')
    assert not (tmp_path / 'out.pth').exists()


def test_what_says_that_it_is_new_is_converted_by_force(pillars, clouds, tmp_path, one_thread):
    model, _ = as_old(pillars, 'bbox_head')
    text = f'model = {pillars.model.to_dict()!r}'
    path = save_old(tmp_path / 'old.pth', model, config=text)
    convert_checkpoint(pillars, path, tmp_path / 'new.pth', force=True)
    new = init_model(pillars, str(tmp_path / 'new.pth'), 'cpu')
    require_same(detect(new, clouds['bbox_head']), detect(model, clouds['bbox_head']))


def test_the_tools_convert_and_test(repo_root, pillars, kitti_data, tmp_path):
    model, text = as_old(pillars, 'bbox_head', **ELSEWHERE)
    path = save_old(tmp_path / 'old.pth', model, config=text)
    options = {**DETECTORS[PILLARS][1], **shrink.data(str(kitti_data))}
    small = ['--cfg-options', *shrink.as_arguments(options)]
    new, out = tmp_path / 'new.pth', tmp_path / 'found.pkl'
    converter = ['tools/model_converters/convert_checkpoint.py', path, '--config', PILLARS]
    assert call_here(*converter, '--out', new, *small) == 0
    test = [sys.executable, 'tools/test.py', PILLARS, str(new), '--out', str(out)]
    printed = run(*test, '--data-root', str(kitti_data), *small, root=repo_root)
    assert 'v1.0' not in printed
    infos = pickle.loads((kitti_data / 'kitti_infos_trainval.pkl').read_bytes())
    folder = kitti_data / 'training' / 'velodyne_reduced'
    frames = [str(folder / f'{info["image"]["image_idx"]:06d}.bin') for info in infos]
    require_same(pickle.loads(out.read_bytes())[-2:], detect(model, frames[-2:]))
