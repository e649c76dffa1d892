"""Overlaps of rotated boxes against shapely, known cases, and across backends."""

import math

import numpy as np
import pytest
import shapely
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.on_cpu.rotated_iou import rotated_iou, rotated_overlaps
from mmdet3d.ops import boxes_iou_bev, boxes_overlap_bev
from mmdet3d.ops.on_device import rotated_iou as rotated_iou_torch

# Round numbers make edges coincide, touch and run parallel; the rest is anything.
centres = st.one_of(st.integers(-4, 4).map(float), st.floats(-40, 40))
sizes = st.one_of(st.sampled_from([0.0, 1e-4, 1.0, 2.0, 4.0]), st.floats(0.01, 30))
yaws = st.one_of(
    st.integers(-8, 8).map(lambda k: k * math.pi / 4),
    st.sampled_from([1e-12, 1e-9, 1e-6, math.pi / 2 + 1e-10]),
    st.floats(-7, 7),
)
box_lists = st.lists(st.tuples(centres, centres, sizes, sizes, yaws), min_size=1, max_size=6)


def as_polygons(boxes: np.ndarray) -> np.ndarray:
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) / 2
    corners = boxes[:, None, 2:4] * signs
    cos, sin = np.cos(boxes[:, 4]), np.sin(boxes[:, 4])
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    return shapely.polygons(np.einsum('nij,nkj->nki', turn, corners) + boxes[:, None, :2])


def overlaps_by_shapely(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    polygons_a, polygons_b = as_polygons(boxes_a), as_polygons(boxes_b)
    # Shapely raises floating-point flags on polygons without area.
    with np.errstate(invalid='ignore'):
        return shapely.area(shapely.intersection(polygons_a[:, None], polygons_b[None, :]))


def overlaps_in_torch(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """The path of other devices, on the CPU."""
    tensors = torch.from_numpy(boxes_a), torch.from_numpy(boxes_b)
    return rotated_iou_torch.rotated_overlaps(*tensors).numpy()


def random_boxes(seed: int, count: int, spread: float = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [
            rng.uniform(-spread, spread, (count, 2)),
            rng.uniform(0.3, 6, (count, 2)),
            rng.uniform(-7, 7, count),
        ]
    )


@given(boxes_a=box_lists, boxes_b=box_lists)
@settings(max_examples=300, deadline=None)
def test_both_backends_give_the_area_of_the_polygons(boxes_a, boxes_b):
    boxes_a, boxes_b = np.array(boxes_a), np.array(boxes_b)
    expected = overlaps_by_shapely(boxes_a, boxes_b)
    np.testing.assert_allclose(rotated_overlaps(boxes_a, boxes_b), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(overlaps_in_torch(boxes_a, boxes_b), expected, rtol=1e-9, atol=1e-9)


def test_many_random_pairs_give_the_area_of_the_polygons():
    boxes_a, boxes_b = random_boxes(0, 150), random_boxes(1, 140)
    expected = overlaps_by_shapely(boxes_a, boxes_b)
    assert (expected > 0).mean() > 0.1
    np.testing.assert_allclose(rotated_overlaps(boxes_a, boxes_b), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(overlaps_in_torch(boxes_a, boxes_b), expected, rtol=0, atol=1e-12)


def test_small_boxes_inside_a_large_one_keep_their_relative_precision():
    small = random_boxes(2, 50, spread=25)
    small[:, 2:4] *= 1e-4
    large = np.array([[0.0, 0.0, 150.0, 150.0, 0.3]])
    area = small[:, 2:4].prod(1)
    np.testing.assert_allclose(rotated_overlaps(small, large)[:, 0], area, rtol=1e-9)
    np.testing.assert_allclose(rotated_overlaps(large, small)[0], area, rtol=1e-9)


@given(box=st.tuples(centres, centres, st.floats(1e-3, 50), st.floats(1e-3, 50), yaws))
@settings(max_examples=200, deadline=None)
def test_coincident_boxes_have_an_iou_of_one(box):
    x, y, dx, dy, yaw = box
    same = np.array([box, (x, y, dx, dy, yaw + math.pi), (x, y, dy, dx, yaw + math.pi / 2)])
    np.testing.assert_allclose(rotated_iou(same, same), 1, rtol=0, atol=1e-9)
    np.testing.assert_allclose(boxes_iou_bev(*[torch.from_numpy(same)] * 2), 1, rtol=0, atol=1e-9)
    single = torch.from_numpy(same[:1]).float()
    assert float(boxes_iou_bev(single, single)) == pytest.approx(1, abs=1e-6)
    wide = torch.from_numpy(same)
    assert torch.allclose(rotated_iou_torch.rotated_iou(wide, wide), wide.new_tensor(1), atol=1e-9)


@given(boxes_a=box_lists, boxes_b=box_lists, turn=yaws, shift=centres)
@settings(max_examples=100, deadline=None)
def test_overlaps_are_symmetric_and_move_with_the_boxes(boxes_a, boxes_b, turn, shift):
    boxes_a, boxes_b = np.array(boxes_a), np.array(boxes_b)
    overlaps = rotated_overlaps(boxes_a, boxes_b)
    np.testing.assert_allclose(overlaps, rotated_overlaps(boxes_b, boxes_a).T, atol=1e-9)

    rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    for boxes in (boxes_a, boxes_b):
        boxes[:, :2] = boxes[:, :2] @ rotation + shift
        boxes[:, 4] += turn
    np.testing.assert_allclose(overlaps, rotated_overlaps(boxes_a, boxes_b), atol=1e-9)


@pytest.mark.parametrize(
    ('box', 'area'),
    [
        ((0, 0, 4, 2, math.pi / 2), 4),  # a cross
        ((0, 0, 1, 1, 0.4), 1),  # inside
        ((4, 0, 4, 2, 0), 0),  # shares an edge
        ((4, 2, 4, 2, 0), 0),  # shares a corner
        ((4 - 1e-9, 0, 4, 2, 0), 2e-9),  # hardly overlaps
        ((3, 0, 4, 2, 0), 2),
        ((0, 0, 4, 0, 0), 0),  # a segment along the long axis
        ((0, 0, 0, 0, 0), 0),  # a point
        ((0, 0, -4, 2, 0), 0),  # a negative size has no area
        ((2, 1, 2 * math.sqrt(2), 2 * math.sqrt(2), math.pi / 4), 2),  # a corner of the rhombus
    ],
)
def test_known_overlaps_with_a_box_of_four_by_two(box, area):
    boxes_a, boxes_b = np.array([[0.0, 0, 4, 2, 0]]), np.array([box], dtype=float)
    for overlaps in (rotated_overlaps, overlaps_in_torch):
        assert overlaps(boxes_a, boxes_b).item() == pytest.approx(area, abs=1e-14)
        assert overlaps(boxes_b, boxes_a).item() == pytest.approx(area, abs=1e-14)


def test_boxes_that_are_apart_overlap_by_exactly_nothing():
    boxes_a, boxes_b = random_boxes(3, 200), random_boxes(4, 200)
    apart = ~shapely.intersects(as_polygons(boxes_a)[:, None], as_polygons(boxes_b)[None, :])
    assert (rotated_overlaps(boxes_a, boxes_b)[apart] == 0).all()
    assert (overlaps_in_torch(boxes_a, boxes_b)[apart] == 0).all()


def test_the_criterion_chooses_the_area_to_divide_by():
    boxes_a, boxes_b = random_boxes(5, 20), random_boxes(6, 30)
    overlaps = rotated_overlaps(boxes_a, boxes_b)
    area_a, area_b = boxes_a[:, 2:4].prod(1)[:, None], boxes_b[:, 2:4].prod(1)[None]
    iou = overlaps / (area_a + area_b - overlaps)
    np.testing.assert_allclose(rotated_iou(boxes_a, boxes_b), iou)
    np.testing.assert_allclose(rotated_iou(boxes_a, boxes_b, 0), overlaps / area_a)
    np.testing.assert_allclose(rotated_iou(boxes_a, boxes_b, 1), overlaps / area_b)
    tensors = torch.from_numpy(boxes_a), torch.from_numpy(boxes_b)
    np.testing.assert_allclose(rotated_iou_torch.rotated_iou(*tensors), iou, atol=1e-12)


def test_an_unknown_criterion_is_refused():
    with pytest.raises(ValueError, match=r'criterion must be -1 .* got 2'):
        rotated_iou(random_boxes(0, 1), random_boxes(0, 1), criterion=2)


@pytest.mark.parametrize('criterion', [-1, 0, 1])
def test_boxes_without_area_have_no_iou(criterion):
    boxes = np.array([[0.0, 0, 0, 0, 0], [0, 0, 2, 0, 0.3], [0, 0, 2, 2, 0]])
    iou = rotated_iou(boxes, boxes, criterion)
    np.testing.assert_allclose(iou, np.diag([0.0, 0, 1]), rtol=0, atol=1e-14)
    wide = torch.from_numpy(boxes)
    np.testing.assert_allclose(rotated_iou_torch.rotated_iou(wide, wide), iou, atol=1e-14)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('column', range(5))
def test_a_box_that_is_not_finite_overlaps_nothing_and_spoils_no_other(column, value):
    boxes = np.array([[0.0, 0, 2, 2, 0], [0.5, 0, 2, 2, 0], [0, 0, 2, 2, 0.5]])
    clean = rotated_iou(boxes, boxes)
    boxes[2, column] = value
    wide = torch.from_numpy(boxes)
    for iou in (rotated_iou(boxes, boxes), rotated_iou_torch.rotated_iou(wide, wide).numpy()):
        np.testing.assert_allclose(iou[:2, :2], clean[:2, :2], atol=1e-12)
        assert (iou[2] == 0).all() and (iou[:, 2] == 0).all()


def test_more_pairs_than_fit_in_one_chunk_give_the_same():
    boxes_a, boxes_b = random_boxes(7, 1500, spread=80), random_boxes(8, 800, spread=80)
    assert len(boxes_a) * len(boxes_b) > rotated_iou_torch._PAIRS_PER_CHUNK
    in_torch, in_numba = overlaps_in_torch(boxes_a, boxes_b), rotated_overlaps(boxes_a, boxes_b)
    np.testing.assert_allclose(in_torch, in_numba, rtol=0, atol=1e-12)


@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize('operator', [boxes_overlap_bev, boxes_iou_bev])
def test_the_result_has_the_dtype_of_the_boxes(operator, dtype):
    boxes = torch.from_numpy(random_boxes(9, 5)).to(dtype).requires_grad_()
    result = operator(boxes, boxes[:3])
    assert result.shape == (5, 3)
    assert result.dtype == dtype
    assert not result.requires_grad


@pytest.mark.parametrize(('rows', 'columns'), [(0, 0), (0, 3), (3, 0)])
@pytest.mark.parametrize('operator', [boxes_overlap_bev, boxes_iou_bev])
def test_no_boxes_give_an_empty_matrix(operator, rows, columns):
    assert operator(torch.zeros(rows, 5), torch.zeros(columns, 5)).shape == (rows, columns)
    empty = torch.zeros(rows, 5).double(), torch.zeros(columns, 5).double()
    assert rotated_iou_torch.rotated_iou(*empty).shape == (rows, columns)


def test_tensors_agree_with_arrays():
    boxes_a, boxes_b = random_boxes(10, 40), random_boxes(11, 30)
    tensors = torch.from_numpy(boxes_a), torch.from_numpy(boxes_b)
    np.testing.assert_array_equal(boxes_overlap_bev(*tensors), rotated_overlaps(boxes_a, boxes_b))
    np.testing.assert_array_equal(boxes_iou_bev(*tensors), rotated_iou(boxes_a, boxes_b))


@pytest.mark.parametrize('operator', [boxes_overlap_bev, boxes_iou_bev])
def test_arguments_that_are_not_boxes_are_refused(operator):
    boxes = torch.zeros(2, 5)
    with pytest.raises(ValueError, match=r'boxes_b must have shape \(M, 5\), got \(2, 7\)'):
        operator(boxes, torch.zeros(2, 7))
    with pytest.raises(ValueError, match=r'boxes_a must have shape \(N, 5\), got \(5,\)'):
        operator(torch.zeros(5), boxes)
    with pytest.raises(TypeError, match=r'boxes_a must be a floating-point .*, got torch.int64'):
        operator(boxes.long(), boxes)
    with pytest.raises(TypeError, match=r'boxes_b must be a floating-point .*, got ndarray'):
        operator(boxes, boxes.numpy())
    with pytest.raises(ValueError, match='on one device'):
        operator(boxes, boxes.to('meta'))


@pytest.mark.gpu
@pytest.mark.parametrize('operator', [boxes_overlap_bev, boxes_iou_bev])
def test_the_gpu_gives_the_overlaps_of_the_cpu(operator):
    boxes = torch.from_numpy(random_boxes(12, 1200, spread=30))
    boxes = torch.cat([boxes, boxes[:20]])
    have = operator(boxes.to('cuda'), boxes[:900].to('cuda'))
    assert have.is_cuda
    np.testing.assert_allclose(have.cpu(), operator(boxes, boxes[:900]), rtol=0, atol=1e-10)
