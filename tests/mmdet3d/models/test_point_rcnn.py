"""PointRCNN at the edges of its input, and as student and teacher."""

import copy

import pytest
import torch
from mmcv import Config
from support import shrink_point_rcnn as shrink

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model

CONFIG = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_8x.py'
LOSSES = {'bbox_loss', 'semantic_loss', 'loss_cls', 'loss_bbox', 'loss_corner', 'loss'}
BOXES = torch.tensor([[15.0, 3, -1.7, 3.9, 1.6, 1.5, 0.3], [9.0, -3, -1.6, 0.8, 0.6, 1.7, 2.0]])


def make_model(repo_root, channels: int = 8, **options) -> torch.nn.Module:
    torch.manual_seed(0)
    cfg = Config.fromfile(repo_root / CONFIG)
    cfg.merge_from_dict({**shrink.small_scene(), **shrink.widths(channels), **options})
    model = build_model(cfg.model)
    model.init_weights()
    return model


@pytest.fixture(scope='module')
def model(repo_root):
    return make_model(repo_root)


def cloud(count: int = 300, seed: int = 0) -> torch.Tensor:
    """Points in a scene, the first fifth of them in the two boxes."""
    generator = torch.Generator().manual_seed(seed)
    low, high = torch.tensor([0.0, -10, -2, 0]), torch.tensor([25.0, 10, 0, 1])
    points = low + (high - low) * torch.rand(count, 4, generator=generator)
    owner = BOXES[torch.arange(count // 5) % 2]
    inside = (torch.rand(count // 5, 3, generator=generator) - 0.5) * 0.5 * owner[:, 3:6]
    points[: count // 5, :3] = LiDARInstance3DBoxes(owner).gravity_center + inside
    return points


def batch(*clouds: torch.Tensor, objects: int = 2) -> dict:
    labels = torch.tensor([0, 1])
    return dict(
        points=list(clouds),
        img_metas=[{'box_type_3d': LiDARInstance3DBoxes} for _ in clouds],
        gt_bboxes_3d=[LiDARInstance3DBoxes(BOXES[:objects]) for _ in clouds],
        gt_labels_3d=[labels[:objects] for _ in clouds],
    )


def train_once(model, data: dict, also: frozenset = frozenset(), **kwargs) -> dict:
    """One step, after which every parameter has a finite gradient: DDP waits for each."""
    model.train()
    model.zero_grad()
    out = model.train_step(data, None, **kwargs)
    out['loss'].backward()
    check_gradients(model)
    log = out['log_vars']
    assert set(log) == LOSSES | also
    assert all(value >= 0 for value in log.values())
    return log


def check_gradients(module):
    assert [name for name, p in module.named_parameters() if p.grad is None] == []
    assert all(torch.isfinite(p.grad).all() for p in module.parameters())


def train_second_stage(model, proposals: list[torch.Tensor], data: dict) -> dict:
    """The losses of the second stage on given proposals, half of them cars, half pedestrians."""
    model.train()
    model.zero_grad()
    features = model.extract_feat(data['points'])
    points = {
        'features': features['fp_features'],
        'points': features['fp_xyz'],
        'points_cls_preds': model.rpn_head(features)[1],
    }
    listed = [
        {'boxes_3d': LiDARInstance3DBoxes(rows), 'labels_3d': torch.arange(len(rows)) % 2}
        for rows in proposals
    ]
    losses = model.roi_head.forward_train(
        points, data['img_metas'], listed, data['gt_bboxes_3d'], data['gt_labels_3d']
    )
    sum(losses.values()).backward()
    check_gradients(model.roi_head)
    first_stage = [p for name, p in model.named_parameters() if 'roi_head' not in name]
    assert all(p.grad is None for p in first_stage)
    return {name: loss.item() for name, loss in losses.items()}


NEAR, FAR = BOXES.repeat(20, 1) + 0.03, BOXES.repeat(20, 1) + 50


def test_proposals_near_objects_train_the_second_stage_and_it_alone(model):
    losses = train_second_stage(model, [NEAR, NEAR], batch(cloud(), cloud(seed=1)))
    assert set(losses) == {'loss_cls', 'loss_bbox', 'loss_corner'}
    assert all(value > 0 for value in losses.values())


@pytest.mark.parametrize('proposals', [[FAR, FAR], [FAR[:1], FAR[:1]], [FAR, FAR[:0]]])
def test_the_second_stage_learns_scores_without_positive_proposals(model, proposals):
    losses = train_second_stage(model, proposals, batch(cloud(), cloud(seed=1)))
    assert losses['loss_cls'] > 0
    assert losses['loss_bbox'] == losses['loss_corner'] == 0


@pytest.mark.parametrize('proposals', [[NEAR[:1], FAR[:0]], [FAR[:0], FAR[:0]]])
def test_the_second_stage_skips_a_batch_of_one_proposal_or_none(model, proposals):
    losses = train_second_stage(model, proposals, batch(cloud(), cloud(seed=1)))
    assert losses == {'loss_cls': 0, 'loss_bbox': 0, 'loss_corner': 0}


@pytest.mark.parametrize('proposals', [[NEAR, FAR], [NEAR[:3], FAR[:0]]])
def test_frames_may_give_different_numbers_of_proposals(model, proposals):
    """Without negatives to repeat, a frame gives its positives alone."""
    losses = train_second_stage(model, proposals, batch(cloud(), cloud(seed=1)))
    assert all(value > 0 for value in losses.values())


def test_training_trains_every_loss(model):
    log = train_once(model, batch(cloud(), cloud(seed=1)))
    assert all(log[name] > 0 for name in ('bbox_loss', 'semantic_loss', 'loss_cls'))
    assert log['loss'] == pytest.approx(sum(log[name] for name in LOSSES - {'loss'}), rel=1e-5)


def test_training_goes_on_over_frames_without_objects(model):
    log = train_once(model, batch(cloud(), cloud(seed=1), objects=0))
    assert log['bbox_loss'] == log['loss_bbox'] == log['loss_corner'] == 0
    assert log['semantic_loss'] > 0
    assert log['loss_cls'] > 0


def test_training_goes_on_where_one_frame_has_objects_and_one_has_none(model):
    data = batch(cloud(), cloud(seed=1))
    data['gt_bboxes_3d'][1] = LiDARInstance3DBoxes(torch.zeros(0, 7))
    data['gt_labels_3d'][1] = torch.zeros(0, dtype=torch.long)
    log = train_once(model, data)
    assert log['bbox_loss'] > 0
    losses = train_second_stage(model, [NEAR, NEAR], data)
    assert all(value > 0 for value in losses.values())


def test_training_goes_on_without_proposals(repo_root):
    model = make_model(repo_root, **{'model.train_cfg.rpn.score_thr': 2.0})
    log = train_once(model, batch(cloud(), cloud(seed=1)))
    assert log['loss_cls'] == log['loss_bbox'] == log['loss_corner'] == 0
    assert log['bbox_loss'] > 0


def test_codes_that_stand_for_no_finite_box_propose_nothing(model):
    codes, logits = torch.zeros(1, 300, 8), torch.zeros(1, 300, 3)
    codes[0, 1:, 3] = 1000.0
    metas = [{'box_type_3d': LiDARInstance3DBoxes}]
    (found,) = model.rpn_head.get_bboxes(cloud()[None, :, :3], codes, logits, metas)
    assert [len(each) for each in found] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    'points',
    [
        cloud(5),
        cloud(1),
        cloud(20).repeat(15, 1),
        torch.zeros(300, 4),
        cloud() + torch.tensor([500.0, 0, 0, 0]),
    ],
    ids=['few points', 'one point', 'duplicates', 'only zeros', 'far away'],
)
def test_training_and_testing_go_on_over_strange_clouds(model, points):
    data = batch(points, points)
    train_once(model, data)
    results = forward_test(model, data)
    assert len(results) == 2
    for result in results:
        count = len(result['boxes_3d'])
        assert len(result['scores_3d']) == len(result['labels_3d']) == count
        assert isinstance(result['boxes_3d'], LiDARInstance3DBoxes)


def forward_test(model, data: dict) -> list[dict]:
    with torch.no_grad():
        return model.eval()(
            return_loss=False, points=[data['points']], img_metas=[data['img_metas']]
        )


def test_testing_goes_on_without_proposals(repo_root):
    model = make_model(repo_root, **{'model.test_cfg.rpn.score_thr': 2.0})
    for result in forward_test(model, batch(cloud(), cloud(seed=1))):
        assert result['boxes_3d'].tensor.shape == (0, 7)


def test_a_frame_is_tested_alike_alone_and_in_a_batch(model):
    both = forward_test(model, batch(cloud(), cloud(seed=1)))
    alone = [forward_test(model, batch(each))[0] for each in (cloud(), cloud(seed=1))]
    for first, second in zip(both, alone, strict=True):
        assert len(first['scores_3d']) > 0
        torch.testing.assert_close(first['scores_3d'], second['scores_3d'], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(first['boxes_3d'].tensor, second['boxes_3d'].tensor)


def test_objects_of_untrained_classes_are_background(model):
    known, unknown = batch(cloud(), objects=1), batch(cloud(), objects=2)
    unknown['gt_labels_3d'] = [torch.tensor([0, -1])]
    logs = []
    for data in (known, unknown):
        torch.manual_seed(0)
        logs.append(train_once(copy.deepcopy(model), data))
    assert logs[0] == logs[1]


@pytest.mark.parametrize(
    'clouds, given', [((cloud(300), cloud(299)), r'\[299, 300\]'), ((cloud(0),), r'\[0\]')]
)
def test_clouds_that_make_no_batch_are_an_error_that_names_the_remedy(model, clouds, given):
    with pytest.raises(ValueError, match=f'{given} points.*PointSample'):
        model.extract_feat(list(clouds))


@pytest.fixture(scope='module')
def teacher(repo_root):
    return make_model(repo_root, channels=16).eval().requires_grad_(False)


@pytest.fixture
def kd_student(repo_root, teacher):
    model = make_model(repo_root, **{'model.train_cfg.kd_cfg.num_voxels': 50})
    model.init_kd(teacher)
    return model


@pytest.mark.parametrize('points', [cloud(), cloud(20), torch.zeros(300, 4)])
def test_a_student_trains_with_its_teacher(kd_student, teacher, points):
    data = batch(points, points)
    info = teacher.train_step(data, None, is_teacher=True)
    assert info['fp_features'].shape == (2, 16, len(points))
    log = train_once(kd_student, data, also={'loss_kd'}, teacher_info=info)
    # Points that are all the same have no neighbourhood to tell apart.
    assert (log['loss_kd'] > 0) == bool(points.any())
    parts = sum(log[name] for name in (LOSSES | {'loss_kd'}) - {'loss'})
    assert log['loss'] == pytest.approx(parts, rel=1e-5)


def test_the_released_settings_hold_where_the_config_says_nothing(repo_root, teacher):
    model = make_model(repo_root)
    model.init_kd(teacher)
    loss = model.kd_losses['point']
    assert (loss.num_voxels, loss.kneighbours, loss.temperature) == (6000, 128, 1e-3)
    assert loss.pool_mode == 'max'
    model = make_model(repo_root, **{'model.train_cfg.kd_cfg.temperature': 0.1})
    model.init_kd(teacher)
    assert model.kd_losses['point'].temperature == 0.1


def test_a_teacher_with_other_points_is_an_error_that_says_so(kd_student, teacher):
    info = teacher.train_step(batch(cloud(200)), None, is_teacher=True)
    with pytest.raises(ValueError, match=r'compares fp_features of shape \(1, 8, 300\)'):
        kd_student.train_step(batch(cloud()), None, teacher_info=info)


def test_a_distilled_checkpoint_loads_into_a_student_without_a_teacher(kd_student, repo_root):
    plain = make_model(repo_root, **{'model.train_cfg': None})
    result = plain.load_state_dict(kd_student.state_dict())
    assert result.missing_keys == result.unexpected_keys == []


@pytest.mark.parametrize(
    'path, name, message',
    [
        ('', 'PointRCN', 'did you mean PointRCNN'),
        ('backbone', 'PointNet2SASSG', 'did you mean PointNet2SAMSG'),
        ('backbone.sa_cfg', 'PointSAModulMSG', 'did you mean PointSAModuleMSG'),
        ('rpn_head.bbox_coder', 'PointXYZWHLR', 'did you mean PointXYZWHLRBBoxCoder'),
        ('roi_head.point_roi_extractor.roi_layer', 'RoIPool3d', 'did you mean RoIPointPool3d'),
        ('train_cfg.rcnn.sampler', 'IoUNegPiecewise', 'did you mean IoUNegPiecewiseSampler'),
    ],
)
def test_a_misspelt_type_is_an_error_that_names_a_near_one(repo_root, path, name, message):
    cfg = Config.fromfile(repo_root / CONFIG).model
    node = cfg
    for part in filter(None, path.split('.')):
        node = node[part]
    node.type = name
    with pytest.raises(KeyError, match=message):
        build_model(cfg)


@pytest.mark.parametrize(
    'section',
    [
        '',
        'backbone',
        'backbone.sa_cfg',
        'neck',
        'rpn_head',
        'rpn_head.bbox_coder',
        'roi_head',
        'roi_head.point_roi_extractor.roi_layer',
        'roi_head.bbox_head',
        'train_cfg.rcnn.sampler',
    ],
)
def test_a_misspelt_key_is_an_error_that_names_it(repo_root, section):
    cfg = Config.fromfile(repo_root / CONFIG).model
    node = cfg
    for part in filter(None, section.split('.')):
        node = node[part]
    node.in_chanels = 3
    with pytest.raises(TypeError, match='in_chanels'):
        build_model(cfg)


@pytest.mark.parametrize(
    'options, message',
    [
        ({'model.pretrained': 'weights.pth'}, 'use load_from'),
        ({'model.train_cfg.rcnn.assigner': None}, 'has to be a list, one for each class'),
        ({'model.train_cfg.rcnn.sampler.return_iou': False}, 'needs return_iou=True'),
        ({'model.roi_head.bbox_head.num_classes': 3}, 'num_classes=3: it has to be 1'),
        ({'model.roi_head.bbox_head.radius': [0.2]}, 'the same number of set abstractions'),
        ({'model.backbone.num_points': [64, 32]}, 'the same number of stages'),
        ({'model.backbone.out_indices': [4]}, r'has to lie in 0\.\.3'),
        ({'model.backbone.aggregation_channels': [None, 4, None, None]}, 'only None is supported'),
        ({'model.backbone.fps_mods': ['F-FPS'] * 4}, r"allowed are \['D-FPS'\]"),
        ({'model.backbone.num_samples': [[4], [4], [4], [4]]}, 'the same number of scales'),
        ({'model.backbone.sa_cfg.pool_mod': 'min'}, 'allowed are max, avg'),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_at_construction(repo_root, options, message):
    with pytest.raises(ValueError, match=message):
        make_model(repo_root, **options)


def test_a_neck_for_another_backbone_says_what_it_expects(model):
    features = model.backbone(torch.stack([cloud()]))
    features = {name: each[:-1] for name, each in features.items()}
    with pytest.raises(ValueError, match='the input and 3 stages, but fp_channels describes 4'):
        model.neck(features)
