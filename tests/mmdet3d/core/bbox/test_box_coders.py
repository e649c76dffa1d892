"""Offsets from anchors."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.core.bbox import (
    DeltaXYZWLHRBBoxCoder,
    LiDARInstance3DBoxes,
    bbox3d2result,
    bbox3d2roi,
    build_bbox_coder,
)


def random_boxes(seed, width):
    generator = torch.Generator().manual_seed(seed)
    boxes = torch.rand(3, 5, width, generator=generator) * 6 - 3
    boxes[..., 3:6] = boxes[..., 3:6].abs() + 0.3
    return boxes


@pytest.mark.parametrize('width', [7, 9])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_decoding_undoes_encoding(width, seed):
    coder = build_bbox_coder(dict(type='DeltaXYZWLHRBBoxCoder', code_size=width))
    anchors, boxes = random_boxes(seed, width), random_boxes(seed + 1, width)
    decoded = coder.decode(anchors, coder.encode(anchors, boxes))
    assert coder.code_size == width
    torch.testing.assert_close(decoded, boxes, atol=1e-4, rtol=1e-4)


def test_offsets_by_hand():
    """The anchor's base is 3 by 4, its diagonal 5; heights 2 and 4 put the middles at 1 and 3."""
    anchor = torch.tensor([[0.0, 0.0, 0.0, 3.0, 4.0, 2.0, 0.5, 1.0, 0.0]])
    box = torch.tensor([[5.0, -10.0, 1.0, 6.0, 4.0, 4.0, 0.75, 3.0, -1.0]])
    expected = torch.tensor([[1.0, -2, 1, math.log(2), 0, math.log(2), 0.25, 2, -1]])
    torch.testing.assert_close(DeltaXYZWLHRBBoxCoder.encode(anchor, box), expected)
    torch.testing.assert_close(DeltaXYZWLHRBBoxCoder.decode(anchor, expected), box)


def test_coder_works_without_boxes():
    empty = torch.zeros(0, 7)
    assert DeltaXYZWLHRBBoxCoder.encode(empty, empty).shape == (0, 7)
    assert DeltaXYZWLHRBBoxCoder.decode(empty, empty).shape == (0, 7)


def test_coder_carries_gradients():
    deltas = torch.zeros(1, 7, requires_grad=True)
    DeltaXYZWLHRBBoxCoder.decode(torch.ones(1, 7), deltas).sum().backward()
    assert (deltas.grad != 0).all()


@pytest.mark.parametrize('first, second', [(7, 9), (6, 6)])
def test_wrong_columns_are_named(first, second):
    with pytest.raises(ValueError, match=rf'\(2, {first}\) and \(2, {second}\)'):
        DeltaXYZWLHRBBoxCoder.encode(torch.ones(2, first), torch.ones(2, second))


def test_result_holds_boxes_scores_and_labels():
    boxes = LiDARInstance3DBoxes(torch.rand(2, 7))
    scores, labels = torch.tensor([0.9, 0.1]), torch.tensor([2, 0])
    result = bbox3d2result(boxes, scores, labels)
    assert sorted(result) == ['boxes_3d', 'labels_3d', 'scores_3d']
    torch.testing.assert_close(result['boxes_3d'].tensor, boxes.tensor)
    assert result['labels_3d'].tolist() == [2, 0]
    assert bbox3d2result(boxes, scores, labels, labels)['attrs_3d'].tolist() == [2, 0]


def test_rois_start_with_the_index_of_the_cloud():
    first, second = torch.rand(2, 7), torch.rand(1, 7)
    rois = bbox3d2roi([first, torch.zeros(0, 7), second])
    assert rois[:, 0].tolist() == [0, 0, 2]
    torch.testing.assert_close(rois[:, 1:], torch.cat([first, second]))
    assert bbox3d2roi([torch.zeros(0, 7)]).shape == (0, 8)
    with pytest.raises(ValueError, match='at least one cloud'):
        bbox3d2roi([])
