"""Noise on single objects."""

import numpy as np
import pytest
import torch

from mmdet3d.datasets.pipelines import ObjectNoise
from mmdet3d.on_cpu.box_collision import seen_from_above
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.on_cpu.rotated_iou import rotated_overlaps

CROWD = [[10 + 5 * (i % 4), -6 + 4 * (i // 4), -1.5, 4, 1.8, 1.6, 0.5 * i] for i in range(12)]
STRONG = {'translation_std': [1.0, 1.0, 0.5], 'rot_range': [-0.8, 0.8]}


def apart(frame):
    boxes = seen_from_above(frame['gt_bboxes_3d'].tensor.numpy())
    overlaps = rotated_overlaps(boxes, boxes)
    return overlaps[~np.eye(len(boxes), dtype=bool)].max() < 1e-3


def test_points_go_with_their_object_and_the_others_stay(make_frame, seed_generators):
    frame = make_frame([CROWD[0], CROWD[3]])
    old = frame['points'].tensor.numpy().copy()
    inside = points_in_boxes(old, frame['gt_bboxes_3d'].tensor.numpy())
    free = ~inside.any(axis=1)
    frame = ObjectNoise(**STRONG)(frame)
    new, boxes = frame['points'].tensor.numpy(), frame['gt_bboxes_3d'].tensor.numpy()
    assert points_in_boxes(new, boxes)[inside].all()
    assert np.array_equal(new[free], old[free])
    assert np.abs(new[~free, :3] - old[~free, :3]).max() > 0.1
    assert np.array_equal(new[:, 3], old[:, 3])


def test_an_object_keeps_its_shape_and_its_points_their_place_in_it(make_frame, seed_generators):
    frame = make_frame([CROWD[0]], num_background=0)
    old_points, old_box = frame['points'].tensor.clone(), frame['gt_bboxes_3d'].tensor[0].clone()
    frame = ObjectNoise(**STRONG)(frame)
    box = frame['gt_bboxes_3d'].tensor[0]
    assert torch.equal(box[3:6], old_box[3:6])

    def in_box(points, box):
        x, y = (points[:, :2] - box[:2]).T
        cos, sin = torch.cos(box[6]), torch.sin(box[6])
        return torch.stack([cos * x + sin * y, cos * y - sin * x, points[:, 2] - box[2]])

    there, here = in_box(frame['points'].tensor, box), in_box(old_points, old_box)
    torch.testing.assert_close(there, here, rtol=0, atol=1e-4)


@pytest.mark.parametrize('seed', range(5))
def test_objects_do_not_run_into_each_other(seed, make_frame, seed_generators):
    frame = make_frame(CROWD)
    boxes = frame['gt_bboxes_3d'].tensor.clone()
    assert apart(frame)
    seed_generators(seed)
    frame = ObjectNoise(**STRONG)(frame)
    assert apart(frame)
    assert not torch.isclose(frame['gt_bboxes_3d'].tensor[:, 0], boxes[:, 0]).all()


def test_noise_stays_within_its_ranges(make_frame, seed_generators):
    boxes = [[20 * i, 0, 0, 4, 2, 1.5, 0] for i in range(1, 200)]
    frame = ObjectNoise([0.5, 0.2, 0.1], rot_range=[0.1, 0.3])(make_frame(boxes, num_background=0))
    change = frame['gt_bboxes_3d'].tensor.numpy() - np.float32(boxes)
    np.testing.assert_allclose(change[:, :3].std(axis=0), [0.5, 0.2, 0.1], rtol=0.2)
    assert change[:, 6].min() >= 0.1 and change[:, 6].max() <= 0.3


def test_objects_can_be_carried_around_the_sensor(make_frame, seed_generators):
    frame = make_frame([[20, 0, -1, 4, 2, 1.5, 0.2]], num_background=0)
    noise = ObjectNoise([0, 0, 0], global_rot_range=[0.2, 0.4], rot_range=[0, 0])
    frame = noise(frame)
    x, y, *_, yaw = frame['gt_bboxes_3d'].tensor[0].tolist()
    assert np.hypot(x, y) == pytest.approx(20, abs=1e-3)
    assert 0.2 <= np.arctan2(x, y) <= 0.4
    # Object and sensor ray turn together.
    assert yaw - np.arctan2(y, x) == pytest.approx(0.2, abs=1e-4)
    assert points_in_boxes(
        frame['points'].tensor.numpy(), frame['gt_bboxes_3d'].tensor.numpy()
    ).all()


def test_an_object_that_finds_no_place_stays_with_its_points(make_frame, seed_generators):
    # Boxes that collide before any noise, and noise far too small to part them.
    frame = make_frame([[10, 0, 0, 4, 2, 1, 0], [10, 0.5, 0, 4, 2, 1, 0]])
    old = frame['points'].tensor.clone(), frame['gt_bboxes_3d'].tensor.clone()
    frame = ObjectNoise([0.01, 0.01, 0.01], num_try=5)(frame)
    assert torch.equal(frame['points'].tensor, old[0])
    assert torch.equal(frame['gt_bboxes_3d'].tensor, old[1])


def test_the_seed_of_numpy_repeats_the_noise(make_frame, seed_generators):
    first = ObjectNoise(**STRONG)(make_frame(CROWD))
    seed_generators()
    second = ObjectNoise(**STRONG)(make_frame(CROWD))
    assert torch.equal(first['gt_bboxes_3d'].tensor, second['gt_bboxes_3d'].tensor)
    assert torch.equal(first['points'].tensor, second['points'].tensor)


@pytest.mark.parametrize(('boxes', 'num_background'), [([], 20), ([], 0)])
def test_frames_without_objects_or_points_pass(boxes, num_background, make_frame):
    frame = ObjectNoise()(make_frame(boxes, num_background=num_background))
    assert frame['gt_bboxes_3d'].tensor.shape == (0, 7)
    assert frame['points'].tensor.shape == (num_background, 4)


def test_objects_without_points_are_moved_too(make_frame, seed_generators):
    frame = make_frame(CROWD)
    frame['points'] = frame['points'][:0]
    frame = ObjectNoise()(frame)
    assert frame['points'].tensor.shape == (0, 4)
    assert not np.array_equal(frame['gt_bboxes_3d'].tensor, np.float32(CROWD))


def test_at_least_one_try_is_needed():
    with pytest.raises(ValueError, match='num_try=0'):
        ObjectNoise(num_try=0)
