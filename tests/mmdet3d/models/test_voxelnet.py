"""VoxelNet at the edges of its input, and as student and teacher."""

import copy

import pytest
import torch
from mmcv import Config
from support import shrink

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model

CONFIGS = {
    'pointpillars': 'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py',
    'second': 'second/hv_second_secfpn_6x8_80e_kitti-3d-3class_student_4x.py',
}
SHRINK = {
    'pointpillars': lambda channels: {**shrink.small_scene(), **shrink.widths(channels)},
    'second': lambda channels: {**shrink.small_second_scene(), **shrink.second_widths(channels)},
}
FAR_AWAY = torch.full((5, 4), 500.0)
NO_POINTS = torch.zeros(0, 4)


def make_model(
    repo_root, channels: int = 8, detector: str = 'pointpillars', **options
) -> torch.nn.Module:
    torch.manual_seed(0)
    cfg = Config.fromfile(repo_root / 'configs' / CONFIGS[detector])
    cfg.merge_from_dict({**SHRINK[detector](channels), **options})
    model = build_model(cfg.model)
    model.init_weights()
    return model


@pytest.fixture(scope='module', params=CONFIGS)
def student(repo_root, request):
    return make_model(repo_root, detector=request.param)


def cloud(count: int = 500, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    low, high = torch.tensor(shrink.RANGE[:3] + [0.0]), torch.tensor(shrink.RANGE[3:] + [1.0])
    return low + (high - low) * torch.rand(count, 4, generator=generator)


def batch(*clouds: torch.Tensor, objects: int = 2) -> dict:
    boxes = torch.tensor([[15.0, 3, -1.7, 3.9, 1.6, 1.5, 0.3], [9.0, -3, -0.6, 0.8, 0.6, 1.7, 2.0]])
    labels = torch.tensor([2, 0])
    return dict(
        points=list(clouds),
        img_metas=[{'box_type_3d': LiDARInstance3DBoxes} for _ in clouds],
        gt_bboxes_3d=[LiDARInstance3DBoxes(boxes[:objects]) for _ in clouds],
        gt_labels_3d=[labels[:objects] for _ in clouds],
    )


def train_once(model, data: dict, **kwargs) -> dict:
    model.train()
    model.zero_grad()
    out = model.train_step(data, None, **kwargs)
    out['loss'].backward()
    missing = [name for name, p in model.named_parameters() if p.grad is None]
    assert missing == []
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    return out['log_vars']


@pytest.mark.parametrize(
    'clouds',
    [
        (cloud(), NO_POINTS),
        (NO_POINTS, cloud()),
        (cloud(), FAR_AWAY),
        (FAR_AWAY, NO_POINTS),
        (cloud(1),),
    ],
    ids=['last empty', 'first empty', 'one out of range', 'nothing at all', 'one point'],
)
def test_training_goes_on_over_clouds_without_points(student, clouds):
    log = train_once(student, batch(*clouds))
    assert set(log) == {'loss_cls', 'loss_bbox', 'loss_dir', 'loss'}


def test_a_copy_detects_as_the_original_does(student):
    points, metas = [cloud()], batch(cloud())['img_metas']
    with torch.no_grad():
        (found,) = student.eval().simple_test(points, metas)
        (again,) = copy.deepcopy(student).simple_test(points, metas)
    assert torch.equal(found['scores_3d'], again['scores_3d'])


def test_training_goes_on_over_frames_without_objects(student):
    log = train_once(student, batch(cloud(), cloud(seed=1), objects=0))
    assert log['loss_bbox'] == 0
    assert log['loss_dir'] == 0
    assert log['loss_cls'] > 0


def test_objects_of_untrained_classes_are_background(student):
    known, unknown = batch(cloud(), objects=1), batch(cloud(), objects=2)
    unknown['gt_labels_3d'] = [torch.tensor([2, -1])]
    assert train_once(student, known) == train_once(student, unknown)


@pytest.mark.parametrize('points', [NO_POINTS, FAR_AWAY, cloud(1), cloud()])
def test_every_cloud_is_tested(student, points):
    data = batch(points)
    with torch.no_grad():
        (result,) = student.eval()(
            return_loss=False, points=[data['points']], img_metas=[data['img_metas']]
        )
    count = len(result['boxes_3d'])
    assert len(result['scores_3d']) == len(result['labels_3d']) == count
    assert isinstance(result['boxes_3d'], LiDARInstance3DBoxes)


def test_test_time_augmentation_is_refused_with_the_reason(student):
    data = batch(cloud())
    with pytest.raises(ValueError, match='2 test-time augmentations were given'):
        student(return_loss=False, points=[data['points']] * 2, img_metas=[data['img_metas']] * 2)


@pytest.fixture(scope='module')
def teacher(repo_root):
    return make_model(repo_root, channels=16).eval().requires_grad_(False)


@pytest.fixture
def kd_student(repo_root, teacher):
    model = make_model(repo_root, **{'model.train_cfg.kd_cfg.num_voxels': 50})
    model.init_kd(teacher)
    return model


@pytest.mark.parametrize('clouds', [(cloud(), cloud(seed=1)), (cloud(), NO_POINTS), (NO_POINTS,)])
def test_a_student_trains_with_its_teacher(kd_student, teacher, clouds):
    data = batch(*clouds)
    info = teacher.train_step(data, None, is_teacher=True)
    log = train_once(kd_student, data, teacher_info=info)
    assert 'loss_kd' in log
    assert 'kd_voxel' not in log
    assert log['loss'] == pytest.approx(
        sum(log[name] for name in ('loss_cls', 'loss_bbox', 'loss_dir', 'loss_kd')), rel=1e-5
    )
    assert (log['loss_kd'] > 0) == any(len(each) for each in clouds)


def test_a_teacher_runs_once_for_all_that_is_compared(repo_root, teacher):
    fit, logits = dict(type='FitNets'), dict(type='HeadLogits')
    terms = dict(
        voxel=dict(feature='voxel_features', loss=fit),
        map0=dict(feature='backbone_features', level=0, loss=fit),
        neck=dict(feature='neck_features', level=0, loss=fit),
        head=dict(feature='head_outputs', loss=logits),
    )
    student = make_model(repo_root, **{'model.train_cfg.kd_cfg': dict(terms=terms)})
    student.init_kd(teacher)
    names = ('voxel_layer', 'voxel_encoder', 'middle_encoder', 'backbone', 'neck', 'bbox_head')
    runs = []
    handles = [
        getattr(teacher, name).register_forward_hook(lambda *_, name=name: runs.append(name))
        for name in names
    ]
    info = teacher.train_step(
        batch(cloud()), None, is_teacher=True, last=student.last_taught(teacher)
    )
    log = train_once(student, batch(cloud()), teacher_info=info)
    for handle in handles:
        handle.remove()
    assert runs == list(names)
    assert {f'kd_{name}' for name in terms} <= set(log)


@pytest.mark.parametrize('clouds', [(cloud(), cloud(seed=1)), (cloud(), NO_POINTS), (NO_POINTS,)])
def test_second_learns_two_maps_of_its_teacher(repo_root, clouds):
    few = {'model.train_cfg.kd_cfg.num_voxels': 50, 'model.train_cfg.kd_cfg.kneighbours': 8}
    student = make_model(repo_root, detector='second', **few)
    teacher = make_model(repo_root, channels=16, detector='second').eval().requires_grad_(False)
    last = student.init_kd(teacher)
    data = batch(*clouds)
    info = teacher.train_step(data, None, is_teacher=True, last=last)
    assert 'neck_features' not in info
    log = train_once(student, data, teacher_info=info)
    assert log['loss_kd'] == pytest.approx(log['kd_map0'] + log['kd_map1'], rel=1e-5)
    # In untrained networks nothing comes of nothing.
    anything = any(len(each) for each in clouds)
    assert (log['kd_map0'] > 0) == (log['kd_map1'] > 0) == anything


def test_voxels_without_room_in_the_middle_encoder_are_an_error_that_names_both(repo_root):
    message = r'\[40, 256, 256\] voxels along z, y and x, but the SparseEncoder has room for \[41, '
    with pytest.raises(ValueError, match=message):
        make_model(
            repo_root,
            detector='second',
            **{'model.middle_encoder.sparse_shape': [41, 256, 128]},
        )


def test_a_range_that_is_no_whole_number_of_voxels_is_an_error_that_names_both(repo_root):
    with pytest.raises(ValueError, match=r'0\.15.*40\.96'):
        make_model(
            repo_root, detector='second', **{'model.voxel_layer.voxel_size': [0.15, 0.16, 0.1]}
        )


def test_with_several_terms_each_is_logged_and_the_loss_is_their_sum(repo_root, teacher):
    extra = dict(feature='voxel_features', loss=dict(type='LocalGraph', num_voxels=20))
    model = make_model(repo_root, **{'model.train_cfg.kd_cfg.terms': dict(extra=extra)})
    model.init_kd(teacher)
    data = batch(cloud())
    log = train_once(model, data, teacher_info=teacher.train_step(data, None, is_teacher=True))
    assert log['loss_kd'] == pytest.approx(log['kd_voxel'] + log['kd_extra'], rel=1e-5)


@pytest.mark.parametrize(
    'feature, level', [('backbone_features', 0), ('backbone_features', 2), ('neck_features', 0)]
)
def test_maps_are_distilled_too(repo_root, teacher, feature, level):
    loss = dict(type='LocalGraph', num_voxels=20, kneighbours=8)
    terms = {'map': dict(feature=feature, level=level, loss=loss)}
    model = make_model(repo_root, **{'model.train_cfg.kd_cfg.terms': terms})
    model.init_kd(teacher)
    data = batch(cloud(), NO_POINTS)
    log = train_once(model, data, teacher_info=teacher.train_step(data, None, is_teacher=True))
    assert log['kd_map'] > 0


@pytest.mark.parametrize(
    'feature, level, message',
    [
        ('backbone_features', 3, r'level=3, but backbone_features of VoxelNet has \[0, 1, 2\]'),
        ('backbone_features', None, r'level=None, but .* has \[0, 1, 2\]'),
        ('voxel_features', 0, r'level=0, but voxel_features of VoxelNet has \[None\]'),
    ],
)
def test_a_map_that_is_not_there_is_an_error_that_lists_those_that_are(
    repo_root, feature, level, message
):
    extra = dict(feature=feature, level=level, loss=dict(type='LocalGraph'))
    with pytest.raises(ValueError, match=message):
        make_model(repo_root, **{'model.train_cfg.kd_cfg.terms': dict(extra=extra)})


def test_a_teacher_with_maps_of_another_size_is_an_error_that_names_both(repo_root, teacher):
    extra = dict(feature='backbone_features', level=0, loss=dict(type='LocalGraph'))
    options = {
        'model.train_cfg.kd_cfg.terms': dict(extra=extra),
        'model.backbone.layer_strides': [4, 2, 2],
        'model.neck.upsample_strides': [2, 4, 8],
    }
    model = make_model(repo_root, **options)
    message = r'term extra .*\(32, 32\) cells \(y, x\) in the student .*\(64, 64\) in the teacher'
    with pytest.raises(ValueError, match=message):
        model.init_kd(teacher)


@pytest.mark.parametrize(
    'name, value',
    [
        ('max_voxels', [100, 40000]),
        ('point_cloud_range', [0, -20.48, -2, 40.96, 20.48, 2]),
    ],
)
def test_a_teacher_whose_voxels_will_differ_is_refused_before_training(
    repo_root, teacher, name, value
):
    options = {f'model.voxel_layer.{name}': value}
    if name == 'point_cloud_range':
        options[f'model.voxel_encoder.{name}'] = value
    model = make_model(repo_root, **options)
    message = rf"voxel_layer\.{name}=.* of the student's .*voxel_layer\.{name}=.* of the teacher's"
    with pytest.raises(ValueError, match=message):
        model.init_kd(teacher)


def test_a_teacher_in_eval_mode_keeps_the_students_voxels(repo_root, teacher):
    limits = {'model.voxel_layer.max_voxels': [100, 1000]}
    student = make_model(repo_root, **limits)
    wide = make_model(repo_root, channels=16, **limits).eval()
    student.init_kd(wide)
    data = batch(cloud())
    info = wide.train_step(data, None, is_teacher=True)
    assert len(info['voxel_features']) == 100
    assert not any(module.training for module in wide.modules())
    train_once(student, data, teacher_info=info)


def test_a_teacher_with_other_voxels_is_an_error_that_says_so(kd_student, teacher):
    info = teacher.train_step(batch(cloud(seed=7)), None, is_teacher=True)
    with pytest.raises(ValueError, match='give both configs the same voxel_layer'):
        kd_student.train_step(batch(cloud()), None, teacher_info=info)


def test_the_student_starts_as_it_would_without_a_teacher(repo_root, teacher):
    plain, distilled = make_model(repo_root), make_model(repo_root)
    before = torch.get_rng_state()
    distilled.init_kd(teacher)
    assert torch.equal(before, torch.get_rng_state())
    weights = distilled.state_dict()
    for name, value in plain.state_dict().items():
        assert torch.equal(value, weights[name])


def test_a_distilled_checkpoint_loads_into_a_student_without_a_teacher(kd_student, repo_root):
    plain = make_model(repo_root, **{'model.train_cfg': None})
    result = plain.load_state_dict(kd_student.state_dict())
    assert result.missing_keys == result.unexpected_keys == []
    assert not any('kd' in name for name in plain.state_dict())


def test_distilling_without_kd_cfg_is_an_error_that_says_what_is_missing(repo_root, teacher):
    model = make_model(repo_root)
    model.kd_terms = {}
    with pytest.raises(ValueError, match=r'model.train_cfg.kd_cfg of its config does not say what'):
        model.init_kd(teacher)


def test_a_teacher_that_publishes_nothing_is_an_error_that_names_the_feature(repo_root, teacher):
    silent = copy.copy(teacher)
    silent.kd_features = {}
    with pytest.raises(ValueError, match='compares voxel_features, which the teacher VoxelNet'):
        make_model(repo_root).init_kd(silent)


def test_a_teacher_computes_no_further_than_the_student_needs(kd_student, teacher):
    calls = []
    handle = teacher.backbone.register_forward_hook(lambda *_: calls.append(1))
    info = teacher.train_step(
        batch(cloud()), None, is_teacher=True, last=kd_student.last_taught(teacher)
    )
    handle.remove()
    assert calls == []
    assert info['voxel_features'].shape[1] == 16


def test_two_students_of_one_teacher_ask_for_what_each_of_them_needs(repo_root, teacher):
    of_voxels = make_model(repo_root, **{'model.train_cfg.kd_cfg.num_voxels': 50})
    term = dict(feature='neck_features', level=0, loss=dict(type='LocalGraph', num_voxels=20))
    of_necks = make_model(repo_root, **{'model.train_cfg.kd_cfg.terms': dict(neck=term)})
    before = {name: value for name, value in vars(teacher).items() if name[0] != '_'}
    assert of_voxels.init_kd(teacher) == 'voxel_features'
    assert of_necks.init_kd(teacher) == 'neck_features'
    assert {name: value for name, value in vars(teacher).items() if name[0] != '_'} == before
    data = batch(cloud())
    for student in (of_voxels, of_necks):
        last = student.last_taught(teacher)
        info = teacher.train_step(data, None, is_teacher=True, last=last)
        assert ('neck_features' in info) == (student is of_necks)
        train_once(student, data, teacher_info=info)


@pytest.mark.parametrize('training', [True, False])
def test_asking_a_teacher_leaves_its_mode_as_it_was(repo_root, training):
    limits = {'model.voxel_layer.max_voxels': [100, 1000]}
    network = make_model(repo_root, channels=16, **limits).train(training)
    with torch.no_grad():
        network.train_step(batch(cloud()), None, is_teacher=True)
    assert all(module.training == training for module in network.modules())
    assert (len(network.voxelize([cloud()])[0]) > 100) == (not training)


def test_a_detector_without_a_head_is_an_error_that_says_so(repo_root):
    with pytest.raises(ValueError, match='bbox_head is None'):
        make_model(repo_root, **{'model.bbox_head': None})


@pytest.mark.parametrize('phase', ['train_cfg', 'test_cfg'])
def test_settings_that_were_left_out_are_named_when_they_are_needed(repo_root, phase):
    model = make_model(repo_root, **{f'model.{phase}': None})
    data = batch(cloud())
    with pytest.raises(ValueError, match=f'VoxelNet was built without {phase}: give model.{phase}'):
        if phase == 'train_cfg':
            model.train_step(data, None)
        else:
            model.simple_test(data['points'], data['img_metas'])
