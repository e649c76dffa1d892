"""Predictions are published and compared, for every detector."""

import pytest
import torch
from mmcv import Config
from support.small_detectors import DETECTORS, batch

from mmdet3d.models import build_model
from mmdet3d.models.kd import KD_LOSSES, FeatureKind, KDLoss

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
