"""What becomes of proposals: assignment, targets, pooling, refinement."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmcv import Config

from mmdet3d.core.bbox import (
    DeltaXYZWLHRBBoxCoder,
    LiDARInstance3DBoxes,
    bbox_overlaps_3d,
    build_assigner,
    build_sampler,
)
from mmdet3d.models.object_weights import read_truth
from mmdet3d.models.roi_heads import PointRCNNBboxHead, Single3DRoIPointExtractor
from mmdet3d.models.roi_heads.bbox_heads.corner_loss import corner_loss
from mmdet3d.models.roi_heads.bbox_heads.roi_targets import (
    canonical_residuals,
    roi_targets,
    score_targets,
)
from mmdet3d.models.roi_heads.proposal_assignment import assign_per_class, leave_out_ignored

CONFIG = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'


@pytest.fixture(scope='module')
def rcnn(repo_root):
    return Config.fromfile(repo_root / CONFIG).model.train_cfg.rcnn


def random_boxes(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    boxes = 8 * torch.rand(count, 7, generator=generator) - 4
    boxes[:, 3:6] = boxes[:, 3:6].abs() + 0.5
    return boxes


def make_head(**options) -> PointRCNNBboxHead:
    torch.manual_seed(0)
    head = PointRCNNBboxHead(
        num_classes=1,
        in_channels=5,
        mlp_channels=[8, 8],
        pred_layer_cfg=dict(in_channels=16, cls_conv_channels=[8], reg_conv_channels=[8]),
        num_points=[16, -1],
        radius=[0.5, 100],
        num_samples=[4, 4],
        sa_channels=[[8, 8], [8, 16]],
        **options,
    )
    head.init_weights()
    return head


def test_proposals_are_assigned_to_objects_of_their_class_with_mmdets_indices(rcnn):
    objects = random_boxes(6, seed=0)
    gt_labels = torch.tensor([2, 0, -1, 0, 1, 2])
    proposals = torch.cat([objects, objects, random_boxes(20, seed=1)])
    proposals[:12, :3] += 0.05
    labels = torch.cat([gt_labels.clamp(min=0), (gt_labels + 1) % 3, torch.arange(20) % 3])
    assigners = [build_assigner(each) for each in rcnn.assigner]
    result = assign_per_class(assigners, proposals, labels, objects, gt_labels)
    overlaps = bbox_overlaps_3d(proposals, objects, coordinate='lidar')
    overlaps[labels[:, None] != gt_labels] = 0
    best, index = overlaps.max(dim=1)
    positive = best >= 0.55
    assert positive[[0, 1, 3, 4, 5]].all() and not positive[2]
    assert result.num_gts == 6
    assert result.gt_inds.tolist() == torch.where(positive, index + 1, 0).tolist()
    torch.testing.assert_close(result.max_overlaps, best)
    assert result.labels.tolist() == torch.where(positive, labels, -1).tolist()


@pytest.mark.parametrize('proposals, objects', [(0, 0), (0, 3), (3, 0)])
def test_nothing_can_be_assigned(rcnn, proposals, objects):
    assigners = [build_assigner(each) for each in rcnn.assigner]
    result = assign_per_class(
        assigners,
        random_boxes(proposals, seed=0),
        torch.arange(proposals),
        random_boxes(objects, seed=1) + 100,
        torch.arange(objects),
    )
    assert result.gt_inds.tolist() == [0] * proposals
    assert result.max_overlaps.tolist() == [0] * proposals


def test_scores_rise_linearly_with_the_overlap():
    overlaps = torch.tensor([0.0, 0.25, 0.25 + 0.45 / 4, 0.475, 0.7, 1.0])
    expected = torch.tensor([0.0, 0.0, 0.25, 0.5, 1.0, 1.0])
    torch.testing.assert_close(score_targets(overlaps, 0.25, 0.7), expected)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 4))
def test_refining_by_the_residuals_gives_the_objects_back_or_turned_around(seed, count):
    rois, objects = random_boxes(count, seed), random_boxes(count, seed + 1)
    residuals = canonical_residuals(rois, objects, DeltaXYZWLHRBBoxCoder.encode)
    turn = residuals[:, 6]
    assert ((turn >= -math.pi / 2 - 1e-5) & (turn <= math.pi / 2 + 1e-5)).all()
    boxes = make_head()._refine(rois, residuals)
    torch.testing.assert_close(boxes[:, :6], objects[:, :6], rtol=1e-4, atol=1e-4)
    halves = (boxes[:, 6] - objects[:, 6]) / math.pi
    torch.testing.assert_close(halves, halves.round(), rtol=0, atol=1e-4)
    torch.testing.assert_close(corner_loss(boxes, objects), torch.zeros(count), rtol=0, atol=1e-6)


def test_targets_stand_at_the_positive_proposals(rcnn):
    objects = random_boxes(2, seed=0)
    proposals = torch.cat([objects + 0.01, random_boxes(30, seed=1) + 50])
    labels, gt_labels = torch.zeros(32, dtype=torch.long), torch.tensor([0, 0])
    assigners = [build_assigner(each) for each in rcnn.assigner]
    sampler = build_sampler({**rcnn.sampler, 'num': 8})
    (truth,) = read_truth([LiDARInstance3DBoxes(objects)], [gt_labels])
    samples = [
        sampler.sample(
            assign_per_class(assigners, boxes, labels[: len(boxes)], objects, gt_labels),
            boxes,
            objects,
        )
        for boxes in (proposals, proposals[2:], proposals.flip(0))
    ]
    targets = roi_targets(samples, [truth] * 3, rcnn, DeltaXYZWLHRBBoxCoder.encode)
    positive = [1, 1] + [0] * 6 + [0] * 8 + [1, 1] + [0] * 6
    assert targets.positive.tolist() == positive
    assert targets.scores.tolist() == positive
    torch.testing.assert_close(targets.gt_boxes, torch.cat([objects, objects.flip(0)]))
    rois = torch.cat([each.bboxes for each in samples])[targets.positive]
    refined = make_head()._refine(rois, targets.residuals)
    torch.testing.assert_close(corner_loss(refined, targets.gt_boxes), torch.zeros(4))


def test_the_corner_loss_is_quadratic_up_to_a_metre_and_linear_beyond():
    box = torch.tensor([[1.0, 2, 3, 4, 2, 1.5, 0.7]])
    near, far = box.clone(), box.clone()
    near[0, 0] += 0.5
    far[0, 2] += 3
    assert corner_loss(near, box).item() == pytest.approx(0.5 * 0.5**2, rel=1e-4)
    assert corner_loss(far, box).item() == pytest.approx(3 - 0.5, rel=1e-4)


def test_the_corner_loss_forgives_a_box_turned_around_but_not_a_crooked_one():
    box = torch.tensor([[1.0, 2, 3, 4, 2, 1.5, 0.7]])
    turned, crooked = box.clone(), box.clone()
    turned[0, 6] += math.pi
    crooked[0, 6] += math.pi / 2
    assert corner_loss(turned, box).item() == pytest.approx(0, abs=1e-6)
    assert corner_loss(crooked, box).item() > 0.5


def test_the_corner_loss_has_a_gradient_everywhere():
    box = torch.tensor([[1.0, 2, 3, 4, 2, 1.5, 0.7]], dtype=torch.float32)
    same = box.clone().requires_grad_()
    corner_loss(same, box).sum().backward()
    assert same.grad.isfinite().all()
    moved = (box + 0.1).requires_grad_()
    corner_loss(moved, box).sum().backward()
    assert (moved.grad != 0).all()


def test_points_are_seen_from_their_proposal():
    """Along, across and above a proposal whose bottom is centred at (5, 5, -1), heading +y."""
    points = torch.tensor([[[5.0, 6, -0.5], [4.5, 5, -1], [20, 20, 0]]])
    features = torch.tensor([[[1.0, 2], [3, 4], [5, 6]]])
    rois = torch.tensor([[5.0, 5, -1, 4, 2, 2, math.pi / 2], [60, 0, 0, 1, 1, 1, 0.3]])
    extractor = Single3DRoIPointExtractor({'type': 'RoIPointPool3d', 'num_sampled_points': 3})
    pooled = extractor(features, points, [rois])
    first = torch.tensor([[1.0, 0, 0.5, 1, 2], [0, 0.5, 0, 3, 4], [1, 0, 0.5, 1, 2]])
    torch.testing.assert_close(pooled[0], first, rtol=0, atol=1e-6)
    assert (pooled[1] == 0).all()


def test_a_proposal_and_its_points_may_be_anywhere():
    """Turning and moving the scene changes nothing in the proposal's own frame."""
    generator = torch.Generator().manual_seed(0)
    points = 4 * torch.rand(1, 200, 3, generator=generator) - 2
    features = torch.rand(1, 200, 2, generator=generator)
    roi = LiDARInstance3DBoxes(torch.tensor([[0.0, 0, -1, 3, 2, 2, 0.4]]))
    extractor = Single3DRoIPointExtractor({'type': 'RoIPointPool3d', 'num_sampled_points': 64})
    before = extractor(features, points, [roi.tensor])
    assert before.any()
    moved = points[0].clone()
    roi.rotate(1.1, moved)
    shift = torch.tensor([12.0, -7, 0.5])
    roi.translate(shift)
    after = extractor(features, (moved + shift)[None], [roi.tensor])
    torch.testing.assert_close(after, before, rtol=0, atol=1e-4)


def test_frames_may_have_different_numbers_of_proposals():
    extractor = Single3DRoIPointExtractor({'type': 'RoIPointPool3d', 'num_sampled_points': 4})
    rois = [random_boxes(3, 0), random_boxes(0, 0), random_boxes(2, 1)]
    pooled = extractor(torch.rand(3, 50, 2), 8 * torch.rand(3, 50, 3) - 4, rois)
    assert pooled.shape == (5, 4, 5)


def test_testing_in_chunks_changes_nothing():
    head = make_head().eval()
    feats = torch.randn(40, 32, 5 + 8)
    whole = head._forward_chunk(feats)
    for one, other in zip(head(feats), whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_corner_loss_can_be_left_out(rcnn):
    head = make_head(with_corner_loss=False)
    assert set(head.no_loss()) == {'loss_cls', 'loss_bbox'}
    sampler = build_sampler({**rcnn.sampler, 'num': 4})
    boxes = random_boxes(6, seed=0)
    labels = torch.zeros(6, dtype=torch.long)
    assigners = [build_assigner(rcnn.assigner[0])]
    sample = sampler.sample(assign_per_class(assigners, boxes, labels, boxes, labels), boxes, boxes)
    truths = read_truth([LiDARInstance3DBoxes(boxes)], [labels])
    targets = roi_targets([sample], truths, rcnn, head.bbox_coder.encode)
    count = len(sample.bboxes)
    losses = head.loss(torch.zeros(count), torch.zeros(count, 7), sample.bboxes, targets)
    assert set(losses) == {'loss_cls', 'loss_bbox'}
    assert losses['loss_cls'].item() == pytest.approx(math.log(2))


def test_detections_are_the_best_of_those_that_overlap_and_score_enough():
    head = make_head()
    rois = torch.tensor([[0.0, 0, 0, 4, 2, 2, 0], [0.5, 0, 0, 4, 2, 2, 0], [20, 0, 0, 4, 2, 2, 1]])
    scores = torch.tensor([0.6, 0.9, 0.05]).logit()
    metas = [{'box_type_3d': LiDARInstance3DBoxes}] * 2
    found = head.get_bboxes(
        [rois, rois[2:]],
        torch.cat([scores, torch.tensor([0.4]).logit()]),
        torch.zeros(4, 7),
        [torch.tensor([0, 1, 2]), torch.tensor([2])],
        metas,
        dict(use_rotate_nms=True, nms_thr=0.1, score_thr=0.1),
    )
    (boxes, best, labels), (other, second, third) = found
    torch.testing.assert_close(boxes.tensor, rois[1:2])
    assert best.tolist() == pytest.approx([0.9])
    assert labels.tolist() == [1]
    torch.testing.assert_close(other.tensor, rois[2:])
    assert second.tolist() == pytest.approx([0.4])
    assert third.tolist() == [2]


def weighed(rcnn, weights: list[float]):
    """Objects and regions, proposals on and beside them, and their assignment."""
    at = torch.tensor([[0.0, 0], [20, 0], [40, 0], [40, 1.4]])
    boxes = torch.cat([at, torch.tensor([[0.0, 4, 2, 2, 0]]).expand(4, 5)], dim=1)
    metas = [{'gt_weights_3d': np.float32(weights)}]
    labels = torch.tensor([0, 0, 0, 1])
    (truth,) = read_truth([LiDARInstance3DBoxes(boxes)], [labels], metas)
    shifts = torch.tensor([0.1, 1.0, 2.0, 3.5])
    proposals = boxes[:3].repeat_interleave(4, dim=0)
    proposals[:, 0] += shifts.repeat(3)
    classes = torch.zeros(12, dtype=torch.long)
    assigners = [build_assigner(each) for each in rcnn.assigner]
    objects = truth.boxes.tensor
    assigned = assign_per_class(assigners, proposals, classes, objects, truth.labels)
    return truth, proposals, assigned


def test_proposals_of_ignored_regions_are_left_out_unless_they_are_near_an_object(rcnn):
    """The third box is an object of the proposals' class, and overlaps a region of another."""
    truth, proposals, assigned = weighed(rcnn, [1, 0, 1, 0])
    overlaps = bbox_overlaps_3d(proposals, truth.boxes.tensor, coordinate='lidar').amax(dim=1)
    regions = bbox_overlaps_3d(proposals, truth.ignored.tensor, coordinate='lidar').amax(dim=1)
    before = assigned.gt_inds.clone()
    leave_out_ignored(assigned, proposals, truth.ignored.tensor, 0.25)
    expected = torch.where((regions > 0.25) & (overlaps <= 0.25), -1, before)
    assert assigned.gt_inds.tolist() == expected.tolist()
    assert assigned.gt_inds.tolist() == [1, 1, 0, 0, -1, -1, -1, 0, 2, 2, 0, 0]


def test_scores_and_boxes_of_proposals_weigh_as_their_object(rcnn):
    truth, proposals, assigned = weighed(rcnn, [0.25, 0.5, 1, 1])
    head = make_head()
    sample = build_sampler({**rcnn.sampler, 'num': 12}).sample(
        assigned, proposals, truth.boxes.tensor, truth.labels
    )
    targets = roi_targets([sample], [truth], rcnn, head.bbox_coder.encode)
    assert targets.weights.tolist() == [0.25, 0.25, 0.5, 0.5, 1, 1]
    negatives = [
        (rois[0].item(), w.item()) for rois, w in zip(sample.neg_bboxes, targets.score_weights[6:])
    ]
    # Two metres aside the overlap is a third: the score is that object's. Farther it is background.
    weight_at = {2.0: 0.25, 22.0: 0.5, 42.0: 1, 3.5: 1, 23.5: 1, 43.5: 1}
    assert negatives and all(weight == weight_at[x] for x, weight in negatives)
    rois = sample.bboxes
    logits = torch.linspace(-1, 1, len(rois))
    residuals = 0.1 * torch.ones(len(rois), 7)
    losses = head.loss(logits, residuals, rois, targets)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, targets.scores, reduction='none'
    )
    by_hand = (targets.score_weights * entropy).sum() / len(rois)
    assert losses['loss_cls'].item() == pytest.approx(by_hand.item(), rel=1e-5)
    distance = torch.nn.functional.smooth_l1_loss(
        residuals[:6], targets.residuals, beta=1 / 9, reduction='none'
    ).sum(dim=1)
    by_hand = (targets.weights * distance).sum() / 6
    assert losses['loss_bbox'].item() == pytest.approx(by_hand.item(), rel=1e-5)
    corners = corner_loss(head._refine(rois[:6], residuals[:6]), targets.gt_boxes)
    by_hand = (targets.weights * corners).sum() / 6
    assert losses['loss_corner'].item() == pytest.approx(by_hand.item(), rel=1e-5)
