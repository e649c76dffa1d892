"""Which anchors ignored regions and weights reach, against the definition anchor by anchor."""

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models.dense_heads import Anchor3DHead
from mmdet3d.models.object_weights import read_truth

RANGE = [-8, -8, -1, 8, 8, -1]
SIZES = [[2.0, 1.0, 1.0], [4.0, 2.0, 1.0]]
MAP = (16, 16)
# An ignored region of class 0 overlaps the third object, another lies alone; one has no class.
BOXES = torch.tensor(
    [
        [-5.3, -5.2, -1, 2.1, 1.0, 1, 0.1],
        [-0.4, 0.3, -1, 3.8, 2.1, 1, 1.5],
        [5.0, 4.6, -1, 2.0, 1.0, 1, 0.0],
        [5.6, 4.9, -1, 2.0, 1.1, 1, 0.0],
        [-4.8, 5.2, -1, 2.6, 1.3, 1, 0.0],
        [4.7, -5.1, -1, 4.1, 1.9, 1, 0.0],
    ]
)
LABELS = torch.tensor([0, 1, 0, 0, 0, -1])
WEIGHTS = np.array([0.25, 0.5, 1, 0, 0, 0], dtype=np.float32)
THRESHOLDS = [(0.5, 0.3), (0.6, 0.45)]


def make_head(per_class: bool) -> Anchor3DHead:
    torch.manual_seed(0)
    assigners = [
        dict(
            type='MaxIoUAssigner',
            iou_calculator=dict(type='BboxOverlapsNearest3D'),
            pos_iou_thr=high,
            neg_iou_thr=low,
            min_pos_iou=low,
        )
        for high, low in THRESHOLDS
    ]
    return Anchor3DHead(
        num_classes=2,
        in_channels=4,
        feat_channels=4,
        assign_per_class=per_class,
        train_cfg=dict(assigner=assigners if per_class else assigners[0], pos_weight=-1),
        test_cfg=None,
        anchor_generator=dict(
            type='Anchor3DRangeGenerator',
            ranges=[RANGE] * 2,
            sizes=SIZES,
            rotations=[0, 1.57],
            reshape_out=not per_class,
        ),
        loss_cls=dict(type='FocalLoss', use_sigmoid=True),
    )


def targets_of(head: Anchor3DHead, weights):
    levels = head.anchor_generator.grid_anchors([MAP])
    boxes = LiDARInstance3DBoxes(BOXES)
    truths = read_truth([boxes], [LABELS], [{'gt_weights_3d': weights}])
    return levels, head._targets(levels, truths)


@pytest.mark.parametrize('per_class', [True, False])
def test_labels_weigh_what_the_definition_says(per_class):
    head = make_head(per_class)
    (level,), targets = targets_of(head, WEIGHTS)
    cells = level.reshape(-1, 2, 2, 7)
    expected = torch.ones(cells.shape[:3])
    positive = torch.zeros_like(expected)
    assigners = head.bbox_assigner if per_class else [head.bbox_assigner]
    groups = [(slice(i, i + 1), i) for i in (0, 1)] if per_class else [(slice(None), None)]
    for assigner, (sizes, label) in zip(assigners, groups):
        anchors = cells[:, sizes].reshape(-1, 7)
        real = [i for i in range(3) if label is None or LABELS[i] == label]
        given = assigner.assign(anchors, BOXES[real]).gt_inds
        weight = torch.ones(len(anchors))
        weight[given < 0] = 0
        reached = [assigner.assign(anchors, region[None]).gt_inds != 0 for region in BOXES[3:]]
        assert torch.stack(reached).any()
        weight[torch.stack(reached).any(dim=0) & (given <= 0)] = 0
        own = torch.from_numpy(WEIGHTS)[torch.tensor(real)]
        weight[given > 0] = own[given[given > 0] - 1]
        assert (given > 0).any() and (given < 0).any() and (weight == 1).any()
        expected[:, sizes] = weight.reshape(cells[:, sizes].shape[:3])
        is_own = torch.where(given > 0, own[(given - 1).clamp(min=0)], 0)
        positive[:, sizes] = is_own.reshape(cells[:, sizes].shape[:3])
    assert torch.equal(targets.label_weights[0], expected.flatten())
    assert torch.equal(targets.dir_weights[0], positive.flatten())
    assert torch.equal(targets.bbox_weights[0], positive.flatten()[:, None].expand(-1, 7))


@pytest.mark.parametrize('per_class', [True, False])
def test_regions_take_no_anchor_from_an_object(per_class):
    head = make_head(per_class)
    _, targets = targets_of(head, WEIGHTS)
    alone = np.where(WEIGHTS > 0, WEIGHTS, 0)[:3]
    levels = head.anchor_generator.grid_anchors([MAP])
    truths = read_truth([LiDARInstance3DBoxes(BOXES[:3])], [LABELS[:3]], [{'gt_weights_3d': alone}])
    others = head._targets(levels, truths)
    assert torch.equal(targets.dir_weights, others.dir_weights)
    assert torch.equal(targets.labels, others.labels)
    assert head._count_positive([targets]) == head._count_positive([others])
    assert (targets.label_weights <= others.label_weights).all()


def test_each_term_is_multiplied_and_the_number_of_anchors_stays():
    """Two objects of the same size, of weight 1 and 1/2: the sum of their losses alone."""
    head = make_head(per_class=False)
    maps = [torch.randn(1, 4, *MAP, generator=torch.Generator().manual_seed(1))]

    def losses(rows: list[int], weights: list[float]) -> dict[str, float]:
        boxes = LiDARInstance3DBoxes(BOXES[rows])
        metas = [{'gt_weights_3d': np.float32(weights)}]
        found = head.loss(*head(maps), [boxes], [LABELS[rows]], metas)
        return {name: sum(each).item() for name, each in found.items()}

    def count(rows: list[int]) -> int:
        boxes = LiDARInstance3DBoxes(BOXES[rows])
        return int(head.assigned(head(maps)[0], [boxes], [LABELS[rows]]).sum())

    both = losses([0, 2], [1, 0.5])
    first, second = (losses([i], [1]) for i in (0, 2))
    for name in ('loss_bbox', 'loss_dir'):
        whole = first[name] * count([0]) + 0.5 * second[name] * count([2])
        assert both[name] == pytest.approx(whole / count([0, 2]), rel=1e-4)
