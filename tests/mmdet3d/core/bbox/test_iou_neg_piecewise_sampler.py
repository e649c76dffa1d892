"""Sampling negatives from bands of overlap."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.core.bbox import AssignResult, build_sampler

OPTIONS = dict(
    type='IoUNegPiecewiseSampler',
    num=20,
    pos_fraction=0.5,
    neg_piece_fractions=[0.8, 0.2],
    neg_iou_piece_thrs=[0.55, 0.1],
    return_iou=True,
)


def sample(overlaps, gt_inds, num_gts=2, **options):
    """Sample proposals that carry their index in their first column."""
    assigned = AssignResult(num_gts, torch.tensor(gt_inds), torch.tensor(overlaps))
    boxes = torch.rand(len(overlaps), 7)
    boxes[:, 0] = torch.arange(len(overlaps))
    objects = 100 + torch.rand(num_gts, 7)
    return build_sampler({**OPTIONS, **options}).sample(assigned, boxes, objects), objects


def mixed(positives: int, hard: int, easy: int) -> tuple[list, list]:
    overlaps = [0.6] * positives + [0.3] * hard + [0.05] * easy
    return overlaps, [1] * positives + [0] * (hard + easy)


@settings(max_examples=60, deadline=None)
@given(positives=st.integers(0, 25), hard=st.integers(0, 30), easy=st.integers(0, 30))
def test_numbers_of_positives_and_of_each_band(positives, hard, easy):
    overlaps, gt_inds = mixed(positives, hard, easy)
    result, _ = sample(overlaps, gt_inds)
    assert len(result.pos_inds) == len(set(result.pos_inds.tolist())) == min(10, positives)
    assert all(gt_inds[i] == 1 for i in result.pos_inds)
    assert all(gt_inds[i] == 0 for i in result.neg_inds)
    wanted = 20 - min(10, positives)
    assert len(result.neg_inds) == (wanted if hard + easy else 0)
    drawn = [overlaps[i] for i in result.neg_inds.tolist()]
    wanted_hard = int(0.8 * wanted)
    if easy:
        assert drawn.count(0.3) == min(hard, wanted_hard)
    distinct = len(set(result.neg_inds.tolist()))
    # Every negative that is asked for and there is drawn before any is repeated.
    assert distinct >= min(hard, wanted_hard) + min(easy, wanted - min(hard, wanted_hard))


def test_a_lack_in_one_band_is_asked_of_the_next_only_once():
    options = dict(
        pos_fraction=0.0, neg_piece_fractions=[0.5, 0.3, 0.2], neg_iou_piece_thrs=[0.5, 0.3, 0.1]
    )
    overlaps = [0.4] * 4 + [0.2] * 30 + [0.0] * 30
    result, _ = sample(overlaps, [0] * 64, **options)
    drawn = [overlaps[i] for i in result.neg_inds.tolist()]
    assert [drawn.count(value) for value in (0.4, 0.2, 0.0)] == [4, 12, 4]
    overlaps = [0.4] * 4 + [0.2] * 6 + [0.0] * 30
    result, _ = sample(overlaps, [0] * 40, **options)
    drawn = [overlaps[i] for i in result.neg_inds.tolist()]
    assert [drawn.count(value) for value in (0.4, 0.2, 0.0)] == [4, 6, 10]


def test_a_threshold_belongs_to_the_band_above_it():
    result, _ = sample([0.1, 0.55], [0, 0], num=4)
    assert set(result.neg_inds.tolist()) == {0}
    assert len(result.neg_inds) == 4


def test_ignored_proposals_are_not_sampled():
    result, _ = sample([0.6, 0.3, 0.3], [-1, -1, 0])
    assert len(result.pos_inds) == 0
    assert set(result.neg_inds.tolist()) == {2}


def test_boxes_objects_and_overlaps_belong_together():
    result, objects = sample([0.9, 0.3, 0.7, 0.0], [2, 0, 1, 0])
    assert result.pos_bboxes[:, 0].tolist() == [0, 2]
    torch.testing.assert_close(result.pos_gt_bboxes, objects[[1, 0]])
    inds = torch.cat([result.pos_inds, result.neg_inds])
    assert result.bboxes[:, 0].tolist() == inds.tolist()
    torch.testing.assert_close(result.iou, torch.tensor([0.9, 0.3, 0.7, 0.0])[inds])


def test_the_number_of_negatives_is_bounded_by_that_of_positives():
    overlaps, gt_inds = mixed(2, 50, 50)
    assert len(sample(overlaps, gt_inds, neg_pos_ub=3)[0].neg_inds) == 6
    overlaps, gt_inds = mixed(0, 50, 50)
    assert len(sample(overlaps, gt_inds, neg_pos_ub=3)[0].neg_inds) == 3


@pytest.mark.parametrize('overlaps, gt_inds', [([], []), ([0.0, 0.0], [0, 0])])
def test_a_frame_without_proposals_or_objects(overlaps, gt_inds):
    count = len(overlaps)
    assigned = AssignResult(0, torch.tensor(gt_inds).long(), torch.tensor(overlaps))
    sampler = build_sampler(OPTIONS)
    result = sampler.sample(assigned, torch.rand(count, 7), torch.zeros(0, 7))
    assert result.pos_bboxes.shape == result.pos_gt_bboxes.shape == (0, 7)
    assert result.bboxes.shape == (20 if count else 0, 7)
    assert result.iou.shape == result.bboxes.shape[:1]


def test_objects_can_be_proposals_themselves():
    assigned = AssignResult(
        1, torch.tensor([0, 0]), torch.tensor([0.2, 0.0]), labels=torch.tensor([-1, -1])
    )
    sampler = build_sampler({**OPTIONS, 'add_gt_as_proposals': True})
    objects = torch.rand(1, 7)
    result = sampler.sample(assigned, torch.rand(2, 7), objects, torch.tensor([2]))
    torch.testing.assert_close(result.pos_bboxes, objects)
    assert result.pos_is_gt.tolist() == [1]
    assert result.iou[0] == 1
    with pytest.raises(ValueError, match='needs gt_labels'):
        sampler.sample(assigned, torch.rand(2, 7), objects)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(neg_piece_fractions=[1.0]), 'the same bands'),
        (dict(neg_piece_fractions=[], neg_iou_piece_thrs=[]), 'at least one'),
        (dict(neg_iou_piece_thrs=[0.1, 0.55]), 'has to descend'),
    ],
)
def test_bands_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        build_sampler({**OPTIONS, **options})
