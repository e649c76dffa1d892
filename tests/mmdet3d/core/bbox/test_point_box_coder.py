"""Offsets of boxes from points."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.core.bbox import PointXYZWHLRBBoxCoder, build_bbox_coder

MEAN_SIZE = [[3.0, 4.0, 1.5], [0.8, 0.6, 1.73]]


def random_boxes(generator: torch.Generator, count: int, extra: int) -> torch.Tensor:
    boxes = 100 * torch.rand(count, 7 + extra, generator=generator) - 50
    boxes[:, 3:6] = boxes[:, 3:6].abs() + 0.1
    boxes[:, 6] = (boxes[:, 6] / 50) * math.pi
    return boxes


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 5),
    extra=st.integers(0, 2),
    with_mean=st.booleans(),
)
def test_decoding_undoes_encoding(seed, count, extra, with_mean):
    generator = torch.Generator().manual_seed(seed)
    config = dict(type='PointXYZWHLRBBoxCoder', code_size=8 + extra, use_mean_size=with_mean)
    coder = build_bbox_coder({**config, **(dict(mean_size=MEAN_SIZE) if with_mean else {})})
    boxes = random_boxes(generator, count, extra)
    points = 100 * torch.rand(count, 3, generator=generator) - 50
    labels = torch.randint(2, (count,), generator=generator)
    codes = coder.encode(boxes, points, labels)
    assert codes.shape == (count, 8 + extra) == (count, coder.code_size)
    torch.testing.assert_close(coder.decode(codes, points, labels), boxes, rtol=1e-4, atol=1e-3)


def test_codes_by_hand():
    """The base of the class's mean size is 3 by 4, its diagonal 5, its height 1.5."""
    coder = PointXYZWHLRBBoxCoder(mean_size=MEAN_SIZE)
    box = torch.tensor([[10.0, -5.0, 2.0, 6.0, 4.0, 3.0, math.pi / 2]])
    point, label = torch.tensor([[5.0, 0.0, 0.5]]), torch.tensor([0])
    expected = torch.tensor([[1.0, -1, 1, math.log(2), 0, math.log(2), 0, 1]])
    torch.testing.assert_close(coder.encode(box, point, label), expected, atol=1e-6, rtol=1e-6)
    metres = PointXYZWHLRBBoxCoder(use_mean_size=False)
    expected = torch.tensor([[5.0, -5, 1.5, math.log(6), math.log(4), math.log(3), 0, 1]])
    torch.testing.assert_close(metres.encode(box, point), expected, atol=1e-6, rtol=1e-6)


def test_encoding_leaves_its_arguments_as_they_are_and_bears_boxes_without_size():
    coder = PointXYZWHLRBBoxCoder(mean_size=MEAN_SIZE)
    box = torch.zeros(1, 7)
    codes = coder.encode(box, torch.ones(1, 3), torch.tensor([1]))
    assert codes.isfinite().all()
    assert (box == 0).all()


def test_decoding_carries_gradients():
    coder = PointXYZWHLRBBoxCoder(mean_size=MEAN_SIZE)
    codes = torch.ones(1, 8, requires_grad=True)
    coder.decode(codes, torch.ones(1, 3), torch.tensor([0]))[:, :6].sum().backward()
    assert (codes.grad[:, :6] != 0).all()


@pytest.mark.parametrize('mean_size', [None, [], [[1.0, 2.0]], [[1.0, 0.0, 2.0]]])
def test_a_coder_without_positive_mean_sizes_is_refused(mean_size):
    with pytest.raises(ValueError, match='needs a positive'):
        PointXYZWHLRBBoxCoder(mean_size=mean_size)


@pytest.mark.parametrize(
    ('labels', 'message'),
    [
        (None, 'every one of the 2 points needs a label, got none'),
        (torch.tensor([0]), 'every one of the 2 points needs a label, got 1'),
        (torch.tensor([0, 2]), r'labels lie in 0\.\.2, but mean_size has rows for 0\.\.1'),
        (torch.tensor([-1, 0]), r'labels lie in -1\.\.0'),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        PointXYZWHLRBBoxCoder(mean_size=MEAN_SIZE).decode(
            torch.ones(2, 8), torch.ones(2, 3), labels
        )
