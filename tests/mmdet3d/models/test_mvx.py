"""MVXFasterRCNN at the edges of its input, as student and teacher, and on the sample's sweep."""

import json

import numpy as np
import pytest
import torch
from mmcv import Config
from support import shrink_nuscenes as shrink

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet3d.models.kd import KDBatch

CONFIGS = 'configs/pointpillars/hv_pointpillars_'
TEACHER = f'{CONFIGS}fpn_sbn-all_4x8_2x_nus-3d.py'
STUDENT = f'{CONFIGS}secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py'
NO_POINTS = torch.zeros(0, 4)
FAR_AWAY = torch.full((5, 4), 500.0)
LOSSES = {'loss_cls', 'loss_bbox', 'loss_dir'}


def make_model(repo_root, channels: int = 4, config: str = STUDENT, **options) -> torch.nn.Module:
    torch.manual_seed(0)
    cfg = Config.fromfile(repo_root / config)
    small = {**shrink.small_scene(), **shrink.widths(channels)}
    cfg.merge_from_dict({**small, **options})
    model = build_model(cfg.model)
    model.init_weights()
    return model


@pytest.fixture(scope='module')
def student(repo_root):
    return make_model(repo_root)


@pytest.fixture(scope='module')
def teacher(repo_root):
    return make_model(repo_root, channels=8, config=TEACHER).eval().requires_grad_(False)


@pytest.fixture
def kd_student(repo_root, teacher):
    few = {'model.train_cfg.kd_cfg.num_voxels': 20, 'model.train_cfg.kd_cfg.kneighbours': 8}
    model = make_model(repo_root, **few)
    model.init_kd(teacher)
    return model


def cloud(count: int = 500, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    low = torch.tensor([*shrink.RANGE[:3], 0.0])
    high = torch.tensor([*shrink.RANGE[3:], 0.5])
    return low + (high - low) * torch.rand(count, 4, generator=generator)


def batch(*clouds: torch.Tensor, objects: int = 2) -> dict:
    boxes = torch.tensor(
        [[15.0, 3, -1.7, 4.3, 1.8, 1.6, 0.3, 9, 1], [-9.0, -3, -1.5, 0.7, 0.7, 1.7, 2.0, 0, 1]]
    )
    boxes = LiDARInstance3DBoxes(boxes[:objects], box_dim=9)
    return dict(
        points=list(clouds),
        img_metas=[{'box_type_3d': LiDARInstance3DBoxes} for _ in clouds],
        gt_bboxes_3d=[boxes for _ in clouds],
        gt_labels_3d=[torch.tensor([0, 7])[:objects] for _ in clouds],
    )


def train_once(model, data: dict, **kwargs) -> dict:
    model.train()
    model.zero_grad()
    out = model.train_step(data, None, **kwargs)
    out['loss'].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    return out['log_vars']


@pytest.mark.parametrize(
    'clouds',
    [(cloud(),), (cloud(), NO_POINTS), (FAR_AWAY, cloud()), (NO_POINTS,), (cloud(1),)],
    ids=['alone', 'last empty', 'first out of range', 'nothing at all', 'one point'],
)
def test_training_goes_on_over_clouds_without_points(student, clouds):
    assert set(train_once(student, batch(*clouds))) == LOSSES | {'loss'}


def test_training_goes_on_over_frames_without_objects(student):
    log = train_once(student, batch(cloud(), cloud(seed=1), objects=0))
    assert log['loss_bbox'] == log['loss_dir'] == 0
    assert log['loss_cls'] > 0


@pytest.mark.parametrize('points', [NO_POINTS, FAR_AWAY, cloud()])
def test_every_cloud_has_a_result_in_mmdetection3ds_form(student, points):
    data = batch(points)
    with torch.no_grad():
        (result,) = student.eval()(
            return_loss=False, points=[data['points']], img_metas=[data['img_metas']]
        )
    assert set(result) == {'pts_bbox'}
    found = result['pts_bbox']
    assert set(found) == {'boxes_3d', 'scores_3d', 'labels_3d'}
    assert found['boxes_3d'].tensor.shape == (len(found['scores_3d']), 9)


@pytest.mark.parametrize(
    'clouds', [(cloud(),), (cloud(), cloud(seed=1)), (cloud(), NO_POINTS), (NO_POINTS,)]
)
def test_a_student_learns_the_first_map_of_its_teachers_neck(kd_student, teacher, clouds):
    data = batch(*clouds)
    info = teacher.train_step(data, None, is_teacher=True)
    log = train_once(kd_student, data, teacher_info=info)
    assert set(log) == LOSSES | {'loss_kd', 'loss'}
    with torch.no_grad():
        features = kd_student.extract_feat(data['points'])
        maps = features['neck_features'][0], info['neck_features'][0]
        expected = kd_student.kd_losses['neck'](*maps, KDBatch())
    assert log['loss_kd'] == pytest.approx(expected.item(), rel=1e-5)
    assert kd_student.kd_losses['neck'].scope == 'frame'
    assert (log['loss_kd'] > 0) == any(len(each) for each in clouds)


def test_maps_of_backbone_and_neck_are_distilled_too(repo_root, teacher):
    loss = dict(type='LocalGraph', num_voxels=20, kneighbours=8, scope='frame')
    terms = {
        'coarse': dict(feature='neck_features', level=2, loss=loss),
        'stage': dict(feature='backbone_features', level=1, loss=loss),
        'pillars': dict(feature='voxel_features', loss=loss),
    }
    kd_cfg = dict(_delete_=True, terms=terms)
    model = make_model(repo_root, **{'model.train_cfg.kd_cfg': kd_cfg})
    model.init_kd(teacher)
    data = batch(cloud(), NO_POINTS)
    log = train_once(model, data, teacher_info=teacher.train_step(data, None, is_teacher=True))
    assert log['loss_kd'] == pytest.approx(sum(log[f'kd_{name}'] for name in terms), rel=1e-5)


def test_a_map_that_the_neck_does_not_have_is_an_error_that_lists_those_it_has(repo_root):
    extra = dict(feature='neck_features', level=3, loss=dict(type='LocalGraph'))
    with pytest.raises(ValueError, match=r'neck_features of MVXFasterRCNN has \[0, 1, 2\]'):
        make_model(repo_root, **{'model.train_cfg.kd_cfg.terms': dict(extra=extra)})


@pytest.mark.parametrize(
    'option, error, message',
    [
        (
            {'img_backbone': {'type': 'ResNet'}},
            ValueError,
            'img_backbone is given, but .* supports',
        ),
        ({'pts_fusion_layer': {}}, ValueError, 'pts_fusion_layer is given'),
        ({'pretrained': 'x.pth'}, ValueError, 'use load_from'),
        ({'pts_bakcbone': {}}, TypeError, 'pts_bakcbone'),
        ({'pts_bbox_head': None}, ValueError, 'pts_bbox_head is None'),
        (
            {'test_cfg': {'score_thr': 0.1}},
            ValueError,
            r"test_cfg has \['score_thr'\].*under 'pts'",
        ),
        ({'train_cfg.kd': {}}, ValueError, r"train_cfg has \['kd', 'kd_cfg', 'pts'\]"),
        ({'pts_middle_encoder.output_shape': [9, 9]}, ValueError, 'pts_voxel_layer has'),
    ],
)
def test_what_is_not_supported_is_an_error_that_says_what_is(repo_root, option, error, message):
    options = {f'model.{key}': value for key, value in option.items()}
    if 'test_cfg' in option:
        options = {'model.test_cfg': {'_delete_': True, **option['test_cfg']}}
    with pytest.raises(error, match=message):
        make_model(repo_root, **options)


def test_parts_for_images_may_be_named_if_they_are_none(repo_root):
    make_model(repo_root, **{'model.img_backbone': None, 'model.pretrained': None})


@pytest.fixture(scope='module')
def sweep(nuscenes_sample) -> dict:
    """A key frame, with its objects that have a point in the shrunk range."""
    points = np.fromfile(nuscenes_sample / 'LIDAR_TOP.pcd.bin', dtype=np.float32).reshape(-1, 5)
    points[:, 4] = 0  # the lag of the key frame's own points
    content = json.loads((nuscenes_sample / 'annotation.json').read_text())
    objects = [
        each
        for each in content['instances']
        if each['bbox_label_3d'] >= 0
        and each['num_lidar_pts'] > 0
        and max(map(abs, each['bbox_3d'][:2])) < shrink.RANGE[3]
    ]
    # Velocities that are not known are 0, as in the data set.
    boxes = torch.tensor([each['bbox_3d'] + each['velocity'] for each in objects]).nan_to_num(0)
    return dict(
        points=torch.from_numpy(points[:, [0, 1, 2, 4]]),
        boxes=LiDARInstance3DBoxes(boxes, box_dim=9, origin=(0.5, 0.5, 0.5)),
        labels=torch.tensor([each['bbox_label_3d'] for each in objects]),
        num_points=torch.tensor([each['num_lidar_pts'] for each in objects]),
    )


def fit(model: torch.nn.Module, data: dict, steps: int) -> None:
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    for _ in range(steps):
        loss = model.train_step(data, None)['loss']
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 35)
        optimizer.step()
        schedule.step()


@pytest.mark.usefixtures('one_thread')
def test_objects_of_a_sweep_are_learnt_with_their_velocities(repo_root, shared_dir, sweep):
    # Statistics that follow so short a training.
    fast = {
        f'model.pts_{part}.norm_cfg.momentum': 0.1 for part in ('voxel_encoder', 'backbone', 'neck')
    }
    model = make_model(repo_root, channels=8, config=TEACHER, **fast)
    data = dict(
        points=[sweep['points']],
        img_metas=[{'box_type_3d': LiDARInstance3DBoxes}],
        gt_bboxes_3d=[sweep['boxes']],
        gt_labels_3d=[sweep['labels']],
    )
    fit(model, data, steps=120)
    with torch.no_grad():
        (result,) = model.eval().simple_test(data['points'], data['img_metas'])
    found, sure = result['pts_bbox'], result['pts_bbox']['scores_3d'] > 0.5
    wanted = sweep['num_points'] >= 20
    classes = set(sweep['labels'][wanted].tolist())
    assert len(classes) >= 3
    if shared_dir is not None:
        assert classes == {0, 1, 9}  # car, truck and barriers of the real sweep
    boxes, truth = found['boxes_3d'][sure], sweep['boxes'][wanted]
    overlaps = LiDARInstance3DBoxes.overlaps(truth, boxes)
    same = sweep['labels'][wanted][:, None] == found['labels_3d'][sure]
    overlap, which = (overlaps * same).max(dim=1)
    assert (overlap > 0.7).all()
    velocities = boxes.tensor[which, 7:]
    torch.testing.assert_close(velocities, truth.tensor[:, 7:], rtol=0.05, atol=0.2)
    # Nothing else is taken for an object: each sure box is near one of its class.
    distance = torch.cdist(boxes.tensor[:, :2], sweep['boxes'].tensor[:, :2])
    other = found['labels_3d'][sure][:, None] != sweep['labels']
    assert (distance + 100 * other).amin(dim=1).max() < 1
