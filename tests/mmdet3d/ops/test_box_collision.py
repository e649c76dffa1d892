"""Collisions against shapely's polygons."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import box as rectangle

from mmdet3d.on_cpu.box_collision import collision_free, first_free_try

centre = st.floats(-4, 4)
size = st.floats(0.3, 5)
boxes_bev = st.tuples(centre, centre, size, size, st.floats(-7, 7))


def polygon(box):
    x, y, dx, dy, yaw = box
    upright = rectangle(x - dx / 2, y - dy / 2, x + dx / 2, y + dy / 2)
    return affinity.rotate(upright, yaw, origin=(x, y), use_radians=True)


def meet(a, b, margin):
    """Whether two boxes meet once the second is grown by a margin on every side."""
    x, y, dx, dy, yaw = b
    return polygon(a).intersects(polygon((x, y, dx + 2 * margin, dy + 2 * margin, yaw)))


@settings(max_examples=300, deadline=None)
@given(boxes_bev, boxes_bev)
def test_a_candidate_is_dropped_exactly_when_the_polygons_overlap(a, b):
    overlap, near = meet(a, b, -1e-3), meet(a, b, 1e-3)
    assume(overlap == near)
    kept = collision_free(np.array([a, b]), 1)
    assert kept.tolist() == [not overlap]


@settings(max_examples=50, deadline=None)
@given(st.lists(boxes_bev, min_size=1, max_size=8), st.integers(0, 3))
def test_kept_candidates_overlap_neither_each_other_nor_fixed_boxes(boxes, num_fixed):
    num_fixed = min(num_fixed, len(boxes))
    kept = collision_free(np.array(boxes), num_fixed)
    fixed, candidates = boxes[:num_fixed], boxes[num_fixed:]
    chosen = [box for box, keep in zip(candidates, kept) if keep]
    for i, box in enumerate(chosen):
        for other in fixed + chosen[:i]:
            assert not meet(box, other, -1e-3)


def test_of_two_colliding_candidates_the_earlier_goes_and_then_blocks_nobody():
    chain = np.array([[3 * i, 0, 4, 2, 0] for i in range(4)], float)
    assert collision_free(chain, 0).tolist() == [False, False, False, True]
    assert collision_free(chain, 1).tolist() == [False, False, True]


def test_touching_boxes_do_not_collide_and_a_box_inside_another_does():
    side_by_side = np.array([[0, 0, 4, 2, 0], [4, 0, 4, 2, 0], [0, 2, 2, 4, np.pi / 2]], float)
    assert collision_free(side_by_side, 1).tolist() == [True, True]
    nested = np.array([[0, 0, 10, 10, 0.3], [1, 1, 1, 1, 0]], float)
    assert collision_free(nested, 1).tolist() == [False]


def test_the_first_try_that_is_free_is_taken_and_counts_for_the_boxes_after_it():
    boxes = np.array([[0, 0, 2, 2, 0], [10, 0, 2, 2, 0], [20, 0, 2, 2, 0]], float)
    at = lambda x: [x, 0, 2, 2, 0]  # noqa: E731
    tries = np.array(
        [[at(10.5), at(5), at(6)], [at(5.5), at(21), at(0)], [at(0), at(5), at(19)]], float
    )
    # Box 0 avoids 10 and goes to 5; box 1 avoids 5 and 20 and goes to 0; box 2 finds both taken
    # but may overlap its own old place.
    assert first_free_try(boxes, tries).tolist() == [1, 2, 2]


def test_a_box_without_a_free_try_stays():
    boxes = np.array([[0, 0, 2, 2, 0], [10, 0, 2, 2, 0]], float)
    assert first_free_try(boxes, boxes[::-1, None].copy()).tolist() == [-1, -1]


def test_no_boxes_give_no_answers():
    assert collision_free(np.zeros((0, 5)), 0).shape == (0,)
    assert first_free_try(np.zeros((0, 5)), np.zeros((0, 10, 5))).shape == (0,)
