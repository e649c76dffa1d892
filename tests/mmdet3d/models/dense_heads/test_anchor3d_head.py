"""The anchor head on several maps, and with columns beyond the seven of a box."""

import pytest
import torch
from mmdet.core.bbox.assigners import MaxIoUAssigner

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.bbox.iou_calculators import bbox_overlaps_nearest_3d
from mmdet3d.models.dense_heads import Anchor3DHead

RANGE = [-8, -8, -1, 8, 8, -1]
MAPS = [(16, 16), (8, 8)]


def make_head(**train_cfg) -> Anchor3DHead:
    torch.manual_seed(0)
    return Anchor3DHead(
        num_classes=2,
        in_channels=4,
        feat_channels=4,
        train_cfg=dict(
            assigner=dict(
                type='MaxIoUAssigner',
                iou_calculator=dict(type='BboxOverlapsNearest3D'),
                pos_iou_thr=0.6,
                neg_iou_thr=0.3,
                min_pos_iou=0.3,
            ),
            pos_weight=-1,
            **train_cfg,
        ),
        test_cfg=None,
        anchor_generator=dict(
            type='AlignedAnchor3DRangeGenerator',
            ranges=[RANGE],
            sizes=[[2.0, 1.0, 1.0]],
            scales=[1, 2],
            custom_values=[0, 0],
            rotations=[0, 1.57],
        ),
        bbox_coder=dict(type='DeltaXYZWLHRBBoxCoder', code_size=9),
        loss_cls=dict(type='FocalLoss', use_sigmoid=True),
        loss_bbox=dict(type='SmoothL1Loss', beta=1.0 / 9.0),
        loss_dir=dict(type='CrossEntropyLoss'),
    )


# Between the two scales' sizes, nearer to the first and below what every anchor accepts.
OBJECT = torch.tensor([[0.3, 0.4, -1.0, 2.6, 1.3, 1.0, 0.1, 3.0, -2.0]])


def loss_of(head: Anchor3DHead, maps: list, boxes: torch.Tensor, labels: list) -> dict:
    boxes = LiDARInstance3DBoxes(boxes, box_dim=boxes.shape[1])
    return head.loss(*head(maps), [boxes], [torch.tensor(labels)], [{}])


@pytest.fixture
def maps():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(1, 4, *size, generator=generator) for size in MAPS]


def test_an_object_takes_its_best_anchor_of_all_maps_and_not_of_each(maps):
    head = make_head()
    levels = head.anchor_generator.grid_anchors(MAPS)
    best = [bbox_overlaps_nearest_3d(level, OBJECT).max().item() for level in levels]
    assert 0.3 < best[1] < best[0] < 0.6
    losses = loss_of(head, maps, OBJECT, [1])
    assert losses['loss_bbox'][0] > 0
    assert losses['loss_bbox'][1] == 0


def test_losses_are_those_of_one_assignment_over_all_anchors(maps):
    head = make_head()
    losses = loss_of(head, maps, OBJECT, [1])
    anchors = torch.cat(head.anchor_generator.grid_anchors(MAPS))
    assigned = MaxIoUAssigner(
        pos_iou_thr=0.6,
        neg_iou_thr=0.3,
        min_pos_iou=0.3,
        iou_calculator=dict(type='BboxOverlapsNearest3D'),
    ).assign(anchors, OBJECT)
    positive = (assigned.gt_inds > 0).nonzero()[:, 0]
    assert len(positive) > 0
    predicted = torch.cat([level[0].movedim(0, -1).reshape(-1, 9) for level in head(maps)[1]])[
        positive
    ]
    target = head.bbox_coder.encode(anchors[positive], OBJECT.expand(len(positive), 9))
    predicted, target = head.add_sin_difference(predicted, target)
    smooth = torch.nn.functional.smooth_l1_loss(predicted, target, beta=1 / 9, reduction='sum')
    assert sum(losses['loss_bbox']).item() == pytest.approx(smooth.item() / len(positive), rel=1e-5)


def test_code_weight_weighs_the_columns(maps):
    def loss_bbox(**train_cfg) -> torch.Tensor:
        return sum(loss_of(make_head(**train_cfg), maps, OBJECT, [0])['loss_bbox'])

    of_boxes = loss_bbox(code_weight=[1.0] * 7 + [0.0] * 2)
    of_velocities = loss_bbox(code_weight=[0.0] * 7 + [1.0] * 2)
    assert of_boxes > 0 and of_velocities > 0
    assert (of_boxes + of_velocities).item() == pytest.approx(loss_bbox().item(), rel=1e-5)


def test_boxes_without_velocity_are_an_error_that_names_the_columns(maps):
    with pytest.raises(ValueError, match=r'same number of columns'):
        loss_of(make_head(), maps, OBJECT[:, :7], [0])
