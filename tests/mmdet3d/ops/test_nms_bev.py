"""Non-maximum suppression against a direct one, and across backends."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.on_cpu.rotated_iou import rotated_iou
from mmdet3d.ops import nms_bev, nms_normal_bev
from mmdet3d.ops.on_device import nms as nms_torch


def random_boxes(seed: int, count: int, spread: float = 6) -> torch.Tensor:
    """Boxes as x1, y1, x2, y2, ry, some of them repeated."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(-spread, spread, (count, 2))
    boxes = np.column_stack([low, low + rng.uniform(0.5, 5, (count, 2)), rng.uniform(-7, 7, count)])
    return torch.from_numpy(boxes[rng.integers(0, count, count)] if count else boxes)


def centred(boxes: torch.Tensor) -> np.ndarray:
    x1, y1, x2, y2, yaw = boxes.numpy().T
    return np.column_stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, yaw])


def axis_aligned_iou(boxes: torch.Tensor) -> np.ndarray:
    low, high = boxes.numpy()[:, :2], boxes.numpy()[:, 2:4]
    sides = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    overlap = np.clip(sides, 0, None).prod(-1)
    area = (high - low).prod(-1)
    return overlap / (area[:, None] + area - overlap)


def greedy(iou: np.ndarray, scores: torch.Tensor, thresh: float) -> list[int]:
    """The definition, one box after the other."""
    kept = []
    for i in sorted(range(len(scores)), key=lambda i: (-float(scores[i]), i)):
        if all(iou[i, j] <= thresh for j in kept):
            kept.append(i)
    return kept


@given(
    seed=st.integers(0, 2**31),
    count=st.integers(1, 60),
    thresh=st.sampled_from([0.0, 0.01, 0.25, 0.5, 0.8, 0.99]),
)
@settings(max_examples=150, deadline=None)
def test_kept_boxes_follow_the_definition(seed, count, thresh):
    boxes = random_boxes(seed, count)
    # A few levels only, so that many scores tie.
    scores = torch.from_numpy(np.random.default_rng(seed + 1).integers(0, 5, count) / 4)

    rotated = rotated_iou(centred(boxes), centred(boxes))
    assert nms_bev(boxes, scores, thresh).tolist() == greedy(rotated, scores, thresh)
    straight = axis_aligned_iou(boxes)
    assert nms_normal_bev(boxes, scores, thresh).tolist() == greedy(straight, scores, thresh)


@pytest.mark.parametrize('thresh', [0.01, 0.3, 0.7])
@pytest.mark.parametrize(('count', 'spread'), [(0, 6), (1, 6), (300, 6), (1500, 60)])
def test_both_backends_keep_the_same_boxes(count, spread, thresh):
    boxes = random_boxes(3, count, spread)
    best_first = torch.arange(count, 0, -1).double()
    in_torch = nms_torch.greedy_nms(torch.from_numpy(centred(boxes)), thresh, len(boxes))
    assert torch.equal(in_torch, nms_bev(boxes, best_first, thresh))


def test_a_long_chain_of_suppressions_is_settled():
    # Each box suppresses only the next, so every second one stays.
    x = torch.arange(200.0)
    boxes = torch.stack([x, 0 * x, x + 1.5, 0 * x + 1, 0 * x], dim=1)
    expected = list(range(0, 200, 2))
    assert nms_bev(boxes, -x, 0.1).tolist() == expected
    in_torch = nms_torch.greedy_nms(torch.from_numpy(centred(boxes)).double(), 0.1, len(boxes))
    assert in_torch.tolist() == expected


def test_only_an_iou_above_the_threshold_suppresses():
    boxes = torch.tensor([[0.0, 0, 4, 4, 0], [2, 0, 4, 4, 0]])
    scores = torch.tensor([0.9, 0.8])
    assert nms_bev(boxes, scores, 0.5).tolist() == [0, 1]
    assert nms_bev(boxes, scores, 0.49).tolist() == [0]


def test_rotation_counts_only_for_rotated_boxes():
    boxes = torch.tensor([[-5.0, -1, 5, 1, 0], [-5, -1, 5, 1, np.pi / 2]])
    scores = torch.tensor([0.8, 0.9])
    assert nms_bev(boxes, scores, 0.5).tolist() == [1, 0]
    assert nms_normal_bev(boxes, scores, 0.5).tolist() == [1]


@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
def test_coincident_boxes_of_equal_score_leave_the_first(operator):
    boxes = torch.tensor([[0.0, 0, 4, 2, 0.3]]).repeat(7, 1)
    assert operator(boxes, torch.ones(7), 0.99).tolist() == [0]


@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
def test_the_maxima_cut_the_candidates_and_the_kept_boxes(operator):
    boxes, scores = random_boxes(5, 80, spread=30), torch.rand(80)
    everything = operator(boxes, scores, 0.1).tolist()
    assert operator(boxes, scores, 0.1, post_max_size=5).tolist() == everything[:5]
    best = scores.argsort(descending=True)[:20]
    expected = best[operator(boxes[best], scores[best], 0.1)]
    assert operator(boxes, scores, 0.1, pre_max_size=20).tolist() == expected.tolist()
    assert operator(boxes, scores, 0.1, 500, 500).tolist() == everything
    assert operator(boxes, scores, 0.1, 0).tolist() == []


@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
def test_no_boxes_give_no_indices(operator):
    kept = operator(torch.zeros(0, 5), torch.zeros(0), 0.5)
    assert kept.shape == (0,)
    assert kept.dtype == torch.int64


@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
@pytest.mark.parametrize('value', [float('nan'), float('inf'), -1.0, 0.0])
def test_a_box_that_is_no_box_is_kept_and_suppresses_nothing(operator, value):
    boxes = torch.tensor([[0.0, 0, 4, 2, 0]]).repeat(3, 1)
    boxes[0, 2] = value
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert operator(boxes, scores, 0.5).tolist() == [0, 1]
    in_torch = nms_torch.greedy_nms(torch.from_numpy(centred(boxes)).double(), 0.5, len(boxes))
    assert in_torch.tolist() == [0, 1]


@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
def test_arguments_of_another_kind_are_refused(operator):
    boxes, scores = torch.zeros(3, 5), torch.zeros(3)
    with pytest.raises(ValueError, match=r'boxes must have shape \(N, 5\), got \(3, 7\)'):
        operator(torch.zeros(3, 7), scores, 0.5)
    with pytest.raises(ValueError, match=r'scores must have shape \(3\), got \(2,\)'):
        operator(boxes, scores[:2], 0.5)
    with pytest.raises(TypeError, match='scores must be a floating-point'):
        operator(boxes, scores.long(), 0.5)
    with pytest.raises(ValueError, match=r'pre_max_size must be None .* got -1'):
        operator(boxes, scores, 0.5, -1)
    with pytest.raises(ValueError, match=r'post_max_size must be None .* got -2'):
        operator(boxes, scores, 0.5, None, -2)


@pytest.mark.gpu
@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
def test_the_gpu_keeps_the_boxes_of_the_cpu(operator):
    boxes, scores = random_boxes(6, 2000, spread=40), torch.randint(0, 50, (2000,)) / 50
    kept = operator(boxes.to('cuda'), scores.to('cuda'), 0.2, 1800, 150)
    assert kept.is_cuda
    assert torch.equal(kept.cpu(), operator(boxes, scores, 0.2, 1800, 150))
