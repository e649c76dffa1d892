"""The Triton kernels give what numba gives: on a GPU, and interpreted on the CPU.

Without a GPU ``test_kernels_without_gpu.py`` runs this file with ``TRITON_INTERPRET=1``.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from support.extremes import boxes, points, rectangles
from support.kernels import INTERPRETED, as_list, by_kernels, kernel_module

from mmdet3d.ops import (
    ball_query,
    boxes_iou_bev,
    boxes_overlap_bev,
    furthest_point_sample,
    nms_bev,
    nms_normal_bev,
    points_in_boxes_all,
    points_in_boxes_part,
    roi_point_pool,
    three_nn,
)

pytestmark = [] if INTERPRETED else [pytest.mark.gpu]

few_rounds = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
SIZES = [1, 31, 64]


def check(operator, *args) -> list[torch.Tensor]:
    """Compare with the CPU's backend to the last digit; return the results.

    Torch takes the square roots of ``three_nn``, which differ in that digit between devices.
    """
    found = by_kernels(operator, *args)
    rounding = 2e-7 if operator is three_nn and not INTERPRETED else 0
    for have, want in zip(found, as_list(operator(*args)), strict=True):
        assert have.dtype == want.dtype
        torch.testing.assert_close(have, want, rtol=rounding, atol=0, equal_nan=True)
    return found


def random_cloud(seed: int, count: int, clouds: int = 2) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(0, 3, (clouds, count, 3)).astype(np.float32))


def crowded_cloud(seed: int, count: int, clouds: int = 2) -> torch.Tensor:
    """Points on a coarse grid: many coincide, more are equally far, and all distances are exact."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(-2, 3, (clouds, count, 3)).astype(np.float32))


def random_boxes(seed: int, count: int, clouds: int = 2) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(0, 3, (clouds, count, 3)), rng.uniform(0.5, 6, (clouds, count, 3))]
    turns = rng.uniform(-7, 7, (clouds, count, 1))
    return torch.from_numpy(np.concatenate([*parts, turns], axis=2)).float()


def random_rectangles(seed: int, count: int) -> torch.Tensor:
    """Boxes of shape (N, 5) as centres, sizes, yaw; some stand there twice."""
    rows = random_boxes(seed, count, 1)[0][:, [0, 1, 3, 4, 6]]
    return rows[torch.from_numpy(np.random.default_rng(seed).integers(0, count, count))]


def corners(rows: torch.Tensor) -> torch.Tensor:
    """Boxes of shape (N, 5) as suppression takes them: x1, y1, x2, y2, yaw."""
    centre, half = rows[:, :2], rows[:, 2:4] / 2
    return torch.cat([centre - half, centre + half, rows[:, 4:]], dim=1)


@pytest.fixture
def small_blocks(monkeypatch):
    """Programs take few points at once, so that small clouds need several blocks of them."""
    for name in ('ball_query', 'furthest_point_sample', 'roi_point_pool'):
        monkeypatch.setattr(kernel_module(name), '_POINTS_PER_BLOCK', 16)


@pytest.mark.parametrize('make', [random_cloud, crowded_cloud])
@pytest.mark.parametrize('count', SIZES)
def test_sampling(make, count):
    check(furthest_point_sample, make(count, count), count)
    check(furthest_point_sample, make(count, count + 8), 9)


@pytest.mark.parametrize('make', [random_cloud, crowded_cloud])
def test_sampling_of_several_blocks(make, small_blocks):
    check(furthest_point_sample, make(0, 70), 50)


@pytest.mark.parametrize('make', [random_cloud, crowded_cloud])
@pytest.mark.parametrize('radii', [(0, 2), (1, 3), (0, 1e30), (2.9, 2.91)])
@pytest.mark.parametrize('count', SIZES)
def test_ball_query(make, radii, count):
    check(ball_query, *radii, 5, make(count, count), make(7, 13))


@pytest.mark.parametrize('num_samples', [1, 7, 200])
def test_ball_query_of_several_blocks(num_samples, small_blocks):
    check(ball_query, 0, 2, num_samples, crowded_cloud(0, 130), crowded_cloud(1, 9))


@pytest.mark.parametrize('make', [random_cloud, crowded_cloud])
@pytest.mark.parametrize('count', SIZES)
def test_three_nearest(make, count):
    check(three_nn, make(0, 70), make(1, count))
    check(three_nn, make(0, count), make(1, 5))


@pytest.mark.parametrize('make', [random_cloud, crowded_cloud])
@pytest.mark.parametrize('count', SIZES)
@pytest.mark.parametrize('operator', [points_in_boxes_all, points_in_boxes_part])
def test_points_in_boxes(operator, make, count):
    check(operator, make(0, count), random_boxes(1, 35))
    check(operator, make(0, 9), random_boxes(1, count))


@pytest.mark.parametrize('limit', [1, 6, 200])
@pytest.mark.parametrize('count', SIZES)
def test_pooling(count, limit):
    cloud, features = random_cloud(0, count), random_cloud(1, count)
    pooled, _ = check(roi_point_pool, cloud, features, random_boxes(2, 9), limit)
    assert pooled.shape == (2, 9, limit, 6)


def test_pooling_of_several_blocks(small_blocks):
    cloud, features = crowded_cloud(0, 100), random_cloud(1, 100)
    _, empty = check(roi_point_pool, cloud, features, random_boxes(2, 8), 8)
    assert not empty.all()


def test_a_point_on_a_face_of_a_box():
    axis = torch.arange(-3.0, 4) / 2
    grid = torch.cartesian_prod(axis, axis, axis)[None]
    upright = torch.tensor([[[0.0, 0, -1, 2, 2, 2, 0], [0.5, 0, 0, 1, 3, 0.5, 0]]])
    check(points_in_boxes_all, grid, upright)
    check(roi_point_pool, grid, grid, upright, 50)


@pytest.mark.parametrize('count', SIZES)
def test_overlaps(count):
    a, b = random_rectangles(0, count).double(), random_rectangles(1, 9).double()
    for operator in (boxes_overlap_bev, boxes_iou_bev):
        for pair in ((a, b), (b, a)):
            # The device's sine may end in another digit.
            (found,) = by_kernels(operator, *pair)
            torch.testing.assert_close(found, operator(*pair), rtol=0, atol=1e-10)


@pytest.mark.parametrize('operator', [nms_bev, nms_normal_bev])
@pytest.mark.parametrize('count, thresh', [(1, 0.25), (64, 0.0), (64, 0.8), (70, 0.25)])
def test_suppression(operator, count, thresh):
    # A few levels only, so that many scores tie.
    scores = torch.from_numpy(np.random.default_rng(count).integers(0, 5, count) / 4)
    check(operator, corners(random_rectangles(count, count)), scores, thresh)


def test_suppression_up_to_a_number_of_boxes():
    rows, scores = corners(random_rectangles(3, 70)), -torch.arange(70.0)
    (kept,) = check(nms_bev, rows, scores, 0.3, 66, 6)
    assert len(kept) == 6
    (none,) = check(nms_bev, rows, scores, 0.3, 0)
    assert len(none) == 0


def test_a_long_chain_of_suppressions():
    # Each box suppresses only the next, so every second one stays, through two words of bits.
    x = torch.arange(100.0)
    chain = torch.stack([x, 0 * x, x + 1.5, 0 * x + 1, 0 * x], dim=1)
    (kept,) = check(nms_bev, chain, -x, 0.1)
    assert kept.tolist() == list(range(0, 100, 2))


def test_only_an_iou_above_the_threshold_suppresses():
    pair, scores = torch.tensor([[0.0, 0, 4, 4, 0], [2, 0, 4, 4, 0]]), torch.tensor([0.9, 0.8])
    (kept,) = check(nms_bev, pair, scores, 0.5)
    assert kept.tolist() == [0, 1]
    # An IoU of 1/3, which is more in float32: thresholds are compared in float64.
    thirds = torch.tensor([[0.0, 0, 2, 2, 0], [1, 0, 3, 2, 0]])
    for thresh in (1 / 3, np.nextafter(1 / 3, 0)):
        check(nms_bev, thirds, scores, float(thresh))


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf, 1e30])
def test_numbers_out_of_the_ordinary(value):
    cloud, other = random_cloud(2, 60), random_cloud(3, 12)
    cloud[0, [7, 20, 33], [0, 1, 2]] = value
    cloud[1, 0, 1] = other[0, 0, 0] = value
    rows, flat = random_boxes(4, 6), random_rectangles(5, 40)
    rows[0, range(6), [0, 1, 2, 3, 5, 6]] = value
    flat[range(5), range(5)] = value
    check(furthest_point_sample, cloud, 40)
    check(ball_query, 0, 3, 4, cloud, other)
    check(three_nn, other, cloud)
    check(three_nn, cloud, other)
    check(points_in_boxes_all, cloud, rows)
    check(roi_point_pool, cloud, cloud, rows, 5)
    check(nms_bev, corners(flat), torch.arange(40.0), 0.2)


@few_rounds
@given(points.filter(len), points, boxes, rectangles)
def test_extreme_numbers(clouds, asked, rows, flat):
    cloud, centres, rows = (torch.from_numpy(array)[None] for array in (clouds, asked, rows))
    check(furthest_point_sample, cloud, len(clouds))
    check(ball_query, 0.0, 1.5, 4, cloud, centres)
    check(three_nn, centres, cloud)
    # The device's sine may end in another digit, on which everything depends for such boxes.
    if INTERPRETED:
        check(points_in_boxes_all, cloud, rows)
        check(roi_point_pool, cloud, cloud, rows, 4)
        check(nms_bev, corners(torch.from_numpy(flat)), torch.arange(float(len(flat))), 0.25)


@pytest.mark.parametrize('clouds, count', [(0, 5), (2, 0)])
def test_nothing_gives_nothing(clouds, count):
    cloud, none = torch.zeros(clouds, 5, 3), torch.zeros(clouds, count, 3)
    check(ball_query, 0, 1, 4, cloud, none)
    check(three_nn, none, cloud)
    for operator in (points_in_boxes_all, points_in_boxes_part):
        check(operator, none, torch.zeros(clouds, 3, 7))
        check(operator, cloud, torch.zeros(clouds, count, 7))
    check(roi_point_pool, none, none, torch.zeros(clouds, 3, 7), 6)
    check(roi_point_pool, cloud, cloud, torch.zeros(clouds, count, 7), 6)
    check(nms_bev, torch.zeros(0, 5), torch.zeros(0), 0.5)
    check(boxes_iou_bev, torch.zeros(0, 5), torch.ones(3, 5))
    check(furthest_point_sample, torch.zeros(0, 5, 3), 4)


def test_strides_of_the_arguments_change_nothing():
    cloud, other = random_cloud(4, 50), random_cloud(5, 20)
    strided = [tensor.transpose(1, 2).contiguous().transpose(1, 2) for tensor in (cloud, other)]
    check(furthest_point_sample, strided[0], 20)
    check(ball_query, 0, 2, 8, *strided)
    check(three_nn, *strided)
    check(roi_point_pool, strided[0], cloud, random_boxes(6, 9)[:, ::2], 8)


@pytest.mark.skipif(INTERPRETED, reason='too slow when interpreted')
def test_sizes_of_real_use():
    cloud = random_cloud(6, 16384, clouds=1) * 5
    (chosen,) = check(furthest_point_sample, cloud, 4096)
    (coarse,) = check(furthest_point_sample, crowded_cloud(6, 16384), 1024)
    assert coarse.unique().numel() >= 125
    centres = cloud[:, chosen[0]]
    for radii in ((0, 0.5), (1, 2)):
        check(ball_query, *radii, 32, cloud, centres)
    check(three_nn, cloud, centres)
    rows = random_boxes(7, 512, 1) * torch.tensor([5.0, 5, 1, 1, 1, 1, 1])
    check(roi_point_pool, cloud, cloud, rows, 512)
    flat = corners(random_rectangles(8, 9000) * torch.tensor([10.0, 10, 1, 1, 1]))
    scores = torch.randint(0, 50, (9000,)) / 50
    for thresh in (0.01, 0.8):
        check(nms_bev, flat, scores, thresh)
