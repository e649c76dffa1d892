"""Predictions are published and compared, for every detector."""

import pytest
import torch
from mmcv import Config
from support import shrink, shrink_nuscenes, shrink_point_rcnn

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet3d.models.kd import KD_LOSSES, FeatureKind, KDLoss

DETECTORS = {
    'VoxelNet': (
        'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py',
        lambda width: {**shrink.small_scene(), **shrink.widths(width)},
        7,
    ),
    'MVXFasterRCNN': (
        'pointpillars/hv_pointpillars_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py',
        lambda width: {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(width)},
        9,
    ),
    'PointRCNN': (
        'point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_8x.py',
        lambda width: {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(width)},
        7,
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
def networks(repo_root, request):
    """A teacher and a student that compares predictions, with the width of their boxes."""
    path, small, box_dim = DETECTORS[request.param]
    kd_cfg = dict(
        _delete_=True, terms=dict(head=dict(feature='head_outputs', loss=dict(type='Squares')))
    )
    built = []
    for width in (8, 4):
        cfg = Config.fromfile(repo_root / 'configs' / path)
        cfg.merge_from_dict({**small(width), 'model.train_cfg.kd_cfg': kd_cfg})
        torch.manual_seed(width)
        built.append(build_model(cfg.model))
    return *built, box_dim


def batch(box_dim: int) -> dict:
    torch.manual_seed(0)
    low, high = torch.tensor([0.0, -20, -3, 0]), torch.tensor([40.0, 20, 1, 1])
    boxes = torch.tensor([[10.0, 2, -1.7, 3.9, 1.6, 1.5, 0.3, 0, 0]])[:, :box_dim]
    return {
        'points': [low + (high - low) * torch.rand(600, 4)],
        'img_metas': [{'box_type_3d': LiDARInstance3DBoxes}],
        'gt_bboxes_3d': [LiDARInstance3DBoxes(boxes, box_dim=box_dim)],
        'gt_labels_3d': [torch.tensor([0])],
    }


def test_a_loss_compares_the_predictions_and_knows_the_ground_truth(networks):
    teacher, student, box_dim = networks
    teacher.eval()
    assert student.init_kd(teacher) == 'head_outputs'
    data = batch(box_dim)
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
