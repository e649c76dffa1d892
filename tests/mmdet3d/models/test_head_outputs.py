"""Predictions are published and compared, for every detector."""

import pytest
import torch
from mmcv import Config
from support import shrink, shrink_nuscenes, shrink_point_rcnn

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet3d.models.kd import KD_LOSSES, FeatureKind, KDLoss

# Config, how to shrink it, columns of a box, and the label of cars.
DETECTORS = {
    'VoxelNet': (
        'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py',
        lambda width: {**shrink.small_scene(), **shrink.widths(width)},
        7,
        2,
    ),
    'MVXFasterRCNN': (
        'pointpillars/hv_pointpillars_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py',
        lambda width: {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(width)},
        9,
        0,
    ),
    'PointRCNN': (
        'point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_8x.py',
        lambda width: {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(width)},
        7,
        0,
    ),
}
SEEN = []


class Squares(KDLoss):
    """The mean squared difference of scores and boxes."""

    takes = frozenset({FeatureKind.OUTPUTS})

    def forward(self, student, teacher, batch):
        SEEN.append(batch)
        pairs = [
            *zip(student.cls_scores, teacher.cls_scores),
            *zip(student.bbox_preds, teacher.bbox_preds),
        ]
        return sum((ours - theirs).square().mean() for ours, theirs in pairs)


@pytest.fixture(scope='module', autouse=True)
def registered():
    KD_LOSSES.register_module(module=Squares)
    yield
    KD_LOSSES.module_dict.pop('Squares')


@pytest.fixture(params=DETECTORS)
def build(repo_root, request):
    """Builds a teacher and a student that compares predictions by a loss, and a batch for them."""
    path, small, box_dim, car = DETECTORS[request.param]

    def build_for(loss: dict):
        kd_cfg = dict(_delete_=True, terms=dict(head=dict(feature='head_outputs', loss=loss)))
        built = []
        for width in (8, 4):
            cfg = Config.fromfile(repo_root / 'configs' / path)
            cfg.merge_from_dict({**small(width), 'model.train_cfg.kd_cfg': kd_cfg})
            torch.manual_seed(width)
            built.append(build_model(cfg.model))
        return *built, batch(box_dim, car)

    return build_for


@pytest.fixture
def networks(build):
    """A teacher and a student that compares predictions, and a batch."""
    return build(dict(type='Squares'))


def batch(box_dim: int, car: int) -> dict:
    """A cloud with a car."""
    torch.manual_seed(0)
    low, high = torch.tensor([0.0, -20, -3, 0]), torch.tensor([40.0, 20, 1, 1])
    boxes = torch.tensor([[10.0, 2, -1.7, 3.9, 1.6, 1.5, 0.3, 0, 0]])[:, :box_dim]
    on_car = torch.tensor([10.0, 2, -1, 0]) + 0.5 * torch.rand(20, 4)
    return {
        'points': [torch.cat([low + (high - low) * torch.rand(580, 4), on_car])],
        'img_metas': [{'box_type_3d': LiDARInstance3DBoxes}],
        'gt_bboxes_3d': [LiDARInstance3DBoxes(boxes, box_dim=box_dim)],
        'gt_labels_3d': [torch.tensor([car])],
    }


def test_a_loss_compares_the_predictions_and_knows_the_ground_truth(networks):
    teacher, student, data = networks
    teacher.eval()
    assert student.init_kd(teacher) == 'head_outputs'
    with torch.no_grad():
        info = teacher.train_step(data, None, is_teacher=True, last='head_outputs')
    out = student.train_step(data, None, teacher_info=info)
    out['loss'].backward()
    assert out['log_vars']['loss_kd'] > 0
    assert SEEN[-1].gt_bboxes_3d is data['gt_bboxes_3d']
    assert SEEN[-1].img_metas is data['img_metas']
    outputs = info['head_outputs']
    assert len(outputs.cls_scores) == len(outputs.bbox_preds)


def test_outputs_for_other_classes_are_refused_before_the_first_step(networks):
    teacher, student, _ = networks
    head = teacher.rpn_head if hasattr(teacher, 'rpn_head') else teacher.bbox_head
    head.num_classes += 1
    with pytest.raises(ValueError, match=r'term head .* teacher of \d+ classes'):
        student.init_kd(teacher)


@pytest.mark.parametrize(
    'loss',
    [
        dict(type='HeadLogits', score_thr=0.0),
        dict(type='HeadLogits', where='assigned'),
        dict(type='Consistency', score_thr=0.0, iou_thr=0.05),
    ],
    ids=lambda loss: f'{loss["type"]}-{loss.get("where", "confident")}',
)
def test_every_loss_on_predictions_pulls_at_the_head_of_every_detector(build, loss):
    teacher, student, data = build(loss)
    student.init_kd(teacher.eval())
    with torch.no_grad():
        info = teacher.train_step(data, None, is_teacher=True, last='head_outputs')
    losses = student(**data, teacher_info=info)
    assert losses['loss_kd'] > 0
    losses['loss_kd'].backward()
    head = student.rpn_head if hasattr(student, 'rpn_head') else student.bbox_head
    assert all(each.grad.any() for each in last_layers(head))


def last_layers(head) -> list[torch.Tensor]:
    """Weights of the layers that predict classes and boxes."""
    if hasattr(head, 'conv_cls'):
        return [head.conv_cls.weight, head.conv_reg.weight]
    return [head.cls_layers[-1].weight, head.reg_layers[-1].weight]
