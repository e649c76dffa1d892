"""Operators on numbers that are not finite, not positive or huge, on both backends."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.extremes import boxes, is_sound, numbers, on_both, points, rectangles, rounds

from mmdet3d.core.geometry import xywhr2xyxyr
from mmdet3d.on_cpu.box_collision import collision_free, first_free_try
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
    voxelization,
)

THRESHOLDS = st.sampled_from([0.01, 0.25, 0.7])


def batch(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(array)[None] for array in arrays]


@rounds
@given(rectangles, rectangles)
def test_overlaps_lie_in_their_range(a, b):
    first, second = torch.from_numpy(a), torch.from_numpy(b)
    sound = is_sound(a, 2, 4)[:, None] & is_sound(b, 2, 4)
    for iou in on_both(lambda: boxes_iou_bev(first, second)):
        assert ((iou >= 0) & (iou <= 1)).all()
        assert not iou.numpy()[~sound].any()
    for area in on_both(lambda: boxes_overlap_bev(first, second)):
        assert (area >= 0).all()
        assert not area.numpy()[~sound].any()


@rounds
@given(rectangles, rectangles)
def test_overlaps_of_both_backends_agree(a, b):
    first, second = torch.from_numpy(a).double(), torch.from_numpy(b).double()
    on_cpu, on_device = on_both(lambda: boxes_iou_bev(first, second))
    # How exactly an overlap can be told depends on how far apart the boxes' numbers are.
    torch.testing.assert_close(on_cpu, on_device, atol=1e-6, rtol=0)


@rounds
@given(rectangles)
def test_a_sound_box_covers_itself(a):
    rows = torch.from_numpy(a[is_sound(a, 2, 4)])
    for iou in on_both(lambda: boxes_iou_bev(rows, rows)):
        assert (iou.diagonal() > 0.99).all()


@rounds
@given(rectangles, st.integers(0, 2**63), THRESHOLDS, st.booleans())
def test_suppression_keeps_the_same_boxes_and_all_that_are_none(a, seed, thresh, rotated):
    scores = numbers(np.random.default_rng(seed), (len(a),), 0.1)
    given_boxes, operator = xywhr2xyxyr(torch.from_numpy(a)), nms_bev if rotated else nms_normal_bev
    on_cpu, on_device = on_both(lambda: operator(given_boxes, torch.from_numpy(scores), thresh))
    assert on_cpu.tolist() == on_device.tolist()
    x1, y1, x2, y2, _ = given_boxes.double().unbind(1)
    no_size = ~((x2 > x1) & (y2 > y1)).numpy()
    unsound = no_size | ~np.isfinite(given_boxes.numpy()).all(axis=1)
    assert set(np.flatnonzero(unsound)) <= set(on_cpu.tolist())
    # What is kept of the others does not depend on the boxes that are none.
    others = np.flatnonzero(~unsound)
    alone = operator(given_boxes[others], torch.from_numpy(scores[others]), thresh)
    assert others[alone.numpy()].tolist() == [i for i in on_cpu.tolist() if not unsound[i]]


@rounds
@given(points, boxes)
def test_only_finite_points_are_in_sound_boxes(clouds, a):
    cloud, rows = batch(clouds, a)
    possible = np.isfinite(clouds).all(axis=1)[:, None] & is_sound(a, 3, 6)
    on_cpu, on_device = on_both(lambda: points_in_boxes_all(cloud, rows)[0].numpy())
    assert np.array_equal(on_cpu, on_device)
    assert not on_cpu[~possible].any()
    for part in on_both(lambda: points_in_boxes_part(cloud, rows)[0].numpy()):
        assert np.array_equal(part >= 0, on_cpu.any(axis=1))


@rounds
@given(points.filter(len), boxes)
def test_pooling_takes_the_points_that_are_inside(clouds, a):
    cloud, rows = batch(clouds, a)
    features = torch.arange(len(clouds), dtype=torch.float32)[None, :, None]
    on_cpu, on_device = on_both(lambda: roi_point_pool(cloud, features, rows, 4))
    inside = points_in_boxes_all(cloud, rows)[0].bool()
    for pooled, empty in (on_cpu, on_device):
        assert torch.equal(empty[0], ~inside.any(dim=0))
        assert pooled.isfinite().all()
    assert torch.equal(on_cpu[0], on_device[0])


@rounds
@given(points.filter(len), points)
def test_neighbours_are_finite(clouds, centres):
    cloud, asked = batch(clouds, centres)
    on_cpu, on_device = on_both(lambda: ball_query(0.0, 1.5, 4, cloud, asked)[0])
    assert torch.equal(on_cpu, on_device)
    finite = np.isfinite(clouds).all(axis=1)
    # Index 0 also stands for none.
    assert (finite[on_cpu.numpy()] | (on_cpu.numpy() == 0)).all()


@rounds
@given(points.filter(len), st.floats(0, 1))
def test_sampling_takes_points_that_are_not_finite_only_first(clouds, part):
    count = max(1, int(part * len(clouds)))
    on_cpu, on_device = on_both(lambda: furthest_point_sample(batch(clouds)[0], count)[0].numpy())
    assert np.array_equal(on_cpu, on_device)
    finite = np.isfinite(clouds).all(axis=1)
    assert (finite[on_cpu] | (on_cpu == 0)).all()


@rounds
@given(points.filter(lambda array: len(array) >= 3), points)
def test_the_three_nearest_are_the_same(clouds, asked):
    target, source = batch(asked, clouds)
    on_cpu, on_device = on_both(lambda: three_nn(target, source))
    for one, other in zip(on_cpu, on_device):
        torch.testing.assert_close(one, other, equal_nan=True, rtol=0, atol=0)


@rounds
@given(points)
def test_voxels_hold_finite_points_of_the_range(clouds):
    bounds = [-8.0, -8, -8, 8, 8, 8]
    cloud = torch.from_numpy(clouds)
    on_cpu, on_device = on_both(lambda: voxelization(cloud, [0.5, 0.5, 16], bounds, 3, 6))
    for one, other in zip(on_cpu, on_device):
        assert torch.equal(one, other)
    voxels, coors, counts = on_cpu
    assert (voxels.abs() <= 8).all()
    assert (counts > 0).all()
    assert ((coors >= 0) & (coors < torch.tensor([1, 32, 32]))).all()


@rounds
@given(rectangles, rectangles)
def test_boxes_that_are_none_collide_with_nothing(fixed, added):
    rows = np.concatenate([fixed, added]).astype(np.float64)
    stays = collision_free(rows, len(fixed))
    assert stays[~is_sound(added, 2, 4)].all()
    sound = is_sound(rows, 2, 4)
    alone = collision_free(rows[sound], int(sound[: len(fixed)].sum()))
    assert np.array_equal(stays[sound[len(fixed) :]], alone)
    taken = first_free_try(rows, rows[:, None])
    assert (taken[~sound] == 0).all()
