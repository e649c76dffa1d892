"""Anchors far from all objects are given what the assigner gives them."""

from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmdet.core.bbox import build_assigner

from mmdet3d.models.dense_heads.near_anchors import assign_anchors


def make_assigner(**options):
    return build_assigner(
        {
            'type': 'MaxIoUAssigner',
            'iou_calculator': {'type': 'BboxOverlapsNearest3D'},
            'pos_iou_thr': 0.6,
            'neg_iou_thr': 0.45,
            'min_pos_iou': 0.45,
            **options,
        }
    )


def draw_boxes(count, seed):
    """Return boxes of shape (count, 7) on a ground of 20 m."""
    rows = torch.rand(count, 7, generator=torch.Generator().manual_seed(seed))
    return rows * torch.tensor([20, 20, 1, 5, 2, 2, 6.3]) + torch.tensor([0, 0, 0, 0.1, 0.1, 1, -3])


def check(assigner, anchors, boxes):
    found = assign_anchors(assigner, anchors, boxes)
    assert torch.equal(found, assigner.assign(anchors, boxes).gt_inds)
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 400),
    st.integers(0, 12),
    st.integers(0, 99),
    st.sampled_from(
        [
            {},
            {'neg_iou_thr': (0.1, 0.45)},
            {'neg_iou_thr': (0.0, 0.45)},
            {'gt_max_assign_all': False},
            {'min_pos_iou': 0.0},
            {'min_pos_iou': 0.01},
            {'match_low_quality': False, 'min_pos_iou': 0.0},
            {'iou_calculator': {'type': 'BboxOverlapsNearest3D', 'coordinate': 'camera'}},
        ]
    ),
)
def test_every_anchor_is_given_the_same_as_by_the_assigner(anchors, boxes, seed, options):
    check(make_assigner(**options), draw_boxes(anchors, seed), draw_boxes(boxes, seed + 100))


@pytest.mark.parametrize('column', range(7))
@pytest.mark.parametrize('value', [float('nan'), float('inf'), -1.0, 0.0, 1e9])
def test_objects_that_are_no_boxes_change_nothing_else(column, value):
    boxes = draw_boxes(3, 1)
    boxes[1, column] = value
    check(make_assigner(), draw_boxes(300, 2), boxes)


def test_anchors_without_an_object_near_are_background():
    found = check(make_assigner(), draw_boxes(50, 3), draw_boxes(4, 4) + 1000)
    assert not found.any()


def test_only_anchors_near_objects_are_compared():
    anchors, boxes, assigner = draw_boxes(5000, 5), draw_boxes(1, 6), make_assigner()
    with mock.patch.object(assigner, 'assign', wraps=assigner.assign) as seen:
        found = assign_anchors(assigner, anchors, boxes)
    compared, expected = seen.call_args.args[0], assigner.assign(anchors, boxes).gt_inds
    assert (expected > 0).sum() <= len(compared) < len(anchors) / 2
    assert torch.equal(found, expected)


def test_no_anchors_are_given_nothing():
    assert check(make_assigner(), draw_boxes(0, 7), draw_boxes(3, 8)).shape == (0,)
