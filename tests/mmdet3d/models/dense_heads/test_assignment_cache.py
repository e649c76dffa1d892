"""What was assigned before is not assigned again, and is the same to the bit."""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from mmcv import Config
from support import shrink
from torch import Tensor

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet3d.models.dense_heads import Anchor3DHead
from mmdet3d.models.dense_heads.assignment_cache import AssignmentCache
from mmdet3d.models.detectors import VoxelNet
from mmdet3d.models.object_weights import read_truth

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
BOXES = torch.tensor([[15.0, 3, -1.7, 3.9, 1.6, 1.5, 0.3], [9.0, -3, -0.6, 0.8, 0.6, 1.7, 2.0]])
LABELS = torch.tensor([2, 0])
UP_BY_AN_ULP = torch.nextafter(BOXES, torch.full_like(BOXES, torch.inf))


@pytest.fixture
def model(repo_root: Path) -> VoxelNet:
    torch.manual_seed(0)
    cfg = Config.fromfile(repo_root / CONFIG)
    cfg.merge_from_dict({**shrink.small_scene(), **shrink.widths(8)})
    terms = dict(head=dict(feature='head_outputs', loss=dict(type='HeadLogits', where='assigned')))
    cfg.model.train_cfg.kd_cfg = dict(terms=terms)
    return build_model(cfg.model)


@pytest.fixture
def head(model: VoxelNet) -> Anchor3DHead:
    return model.bbox_head


@pytest.fixture
def asked(head: Anchor3DHead) -> list[Tensor]:
    """The objects that the head's first assigner is asked to assign, filled by its calls."""
    calls, assign = [], head.bbox_assigner[0].assign

    def noted(anchors: Tensor, objects: Tensor, *rest: Any) -> Any:
        calls.append(objects)
        return assign(anchors, objects, *rest)

    head.bbox_assigner[0].assign = noted
    return calls


def losses_of(
    head: Anchor3DHead, boxes: Tensor = BOXES, labels: Tensor = LABELS, size: int = 64
) -> list[Tensor]:
    weight = head.conv_cls.weight
    maps = torch.randn(1, head.in_channels, size, size, generator=torch.Generator().manual_seed(2))
    objects = [LiDARInstance3DBoxes(boxes)], [labels.to(weight.device)]
    losses = head.loss(*head([maps.to(weight)]), *objects, [{}])
    return [each.detach() for value in losses.values() for each in value]


def losses_without_memory(head: Anchor3DHead, **options: Any) -> list[Tensor]:
    return losses_of(copy.deepcopy(head), **options)


def test_a_step_with_a_loss_on_assigned_predictions_assigns_once(model, asked):
    teacher = copy.deepcopy(model).eval()
    model.init_kd(teacher)
    batch = dict(
        points=[torch.rand(500, 4) * torch.tensor([30.0, 10, 1, 1])],
        img_metas=[{}],
        gt_bboxes_3d=[LiDARInstance3DBoxes(BOXES)],
        gt_labels_3d=[LABELS],
    )
    info = teacher.train_step(batch, None, is_teacher=True)
    assert len(asked) == 0
    log = model.train_step(batch, None, teacher_info=info)['log_vars']
    assert log['loss_kd'] > 0
    assert len(asked) == 1


def test_objects_that_come_again_are_not_assigned_again_and_cost_the_same(head, asked):
    expected = losses_without_memory(head)
    asked.clear()
    for _ in range(3):
        assert all(map(torch.equal, losses_of(head), expected))
    assert len(asked) == 1


@pytest.mark.parametrize(
    'changed',
    [
        dict(boxes=UP_BY_AN_ULP),
        dict(labels=LABELS.flip(0)),
        dict(boxes=BOXES[:1], labels=LABELS[:1]),
        dict(boxes=BOXES[:0], labels=LABELS[:0]),
        dict(size=32),
    ],
    ids=['an ulp', 'labels', 'one object', 'no object', 'map size'],
)
def test_whatever_changes_is_assigned_anew(head, asked, changed):
    expected = losses_without_memory(head, **changed)
    losses_of(head)
    asked.clear()
    assert all(map(torch.equal, losses_of(head, **changed), expected))
    assert len(asked) == 1
    assert all(map(torch.equal, losses_of(head), losses_without_memory(head)))


def test_other_anchors_are_assigned_anew(head, asked):
    losses_of(head)
    head.anchor_generator.ranges = [
        [*each[:2], -1.5, *each[3:5], -1.5] for each in head.anchor_generator.ranges
    ]
    assert all(map(torch.equal, losses_of(head), losses_without_memory(head)))


@pytest.mark.gpu
def test_a_head_that_moves_assigns_anew(head, asked):
    on_cpu = losses_of(head)
    on_gpu = losses_of(head.to('cuda'))
    assert len(asked) == 2
    for found, expected in zip(on_gpu, on_cpu):
        torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-5)
    assert all(map(torch.equal, losses_of(head), on_gpu))
    assert len(asked) == 2


def test_changing_what_was_returned_changes_nothing(head):
    losses_of(head)
    anchors = head.anchor_generator.grid_anchors([(64, 64)])
    truth = read_truth([LiDARInstance3DBoxes(BOXES)], [LABELS])
    expected = copy.deepcopy(vars(head._targets(anchors, truth)))
    for _ in range(2):
        for found in vars(head._targets(anchors, truth)).values():
            found.fill_(7)
    for name, found in vars(head._targets(anchors, truth)).items():
        assert torch.equal(found, expected[name]), name


def test_the_frames_asked_for_last_are_remembered(head, asked):
    head._cache = AssignmentCache(limit=2)
    frames = [BOXES + shift for shift in (0.0, 0.5, 1.0)]
    for number, assigned in ((0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (1, 4)):
        losses_of(head, frames[number])
        assert len(asked) == assigned


def test_copies_and_checkpoints_hold_nothing_of_it(head):
    before = len(pickle.dumps(head._cache)), list(head.state_dict())
    losses_of(head)
    assert (len(pickle.dumps(head._cache)), list(head.state_dict())) == before
    assert len(copy.deepcopy(head)._cache._frames) == 0
