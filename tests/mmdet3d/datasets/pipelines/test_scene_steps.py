"""Steps that transform or crop a whole scene."""

import numpy as np
import pytest
import torch

from mmdet3d.datasets.pipelines import (
    GlobalRotScaleTrans,
    ObjectNameFilter,
    ObjectRangeFilter,
    PointShuffle,
    PointsRangeFilter,
    RandomFlip3D,
)
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes

BOXES = [[10, 5, -1.5, 4, 1.8, 1.6, 0.4], [30, -12, -1, 0.8, 0.6, 1.7, -2.5]]
STEPS = [
    RandomFlip3D(flip_ratio_bev_horizontal=1),
    RandomFlip3D(sync_2d=False, flip_ratio_bev_horizontal=1, flip_ratio_bev_vertical=1),
    GlobalRotScaleTrans(rot_range=3, scale_ratio_range=[0.5, 2], translation_std=[2, 2, 1]),
]


def in_boxes(frame):
    return points_in_boxes(frame['points'].tensor.numpy(), frame['gt_bboxes_3d'].tensor.numpy())


@pytest.mark.parametrize('step', STEPS)
def test_a_point_stays_in_its_box(step, make_frame, seed_generators):
    frame = make_frame(BOXES, num_background=0)
    before, inside = frame['points'].tensor.clone(), in_boxes(frame)
    assert inside.sum() == 60
    frame = step(frame)
    np.testing.assert_array_equal(in_boxes(frame), inside)
    assert not torch.allclose(frame['points'].tensor[:, :3], before[:, :3])
    assert torch.equal(frame['points'].tensor[:, 3], before[:, 3])


@pytest.mark.parametrize('step', STEPS)
@pytest.mark.parametrize('num_background', [0, 20])
def test_points_move_in_a_frame_without_objects_as_in_one_with_them(
    step, num_background, make_frame, seed_generators
):
    empty, full = make_frame([], num_background=num_background), make_frame(BOXES)
    full['points'] = empty['points'].clone()
    empty = step(empty)
    seed_generators()
    full = step(full)
    assert empty['gt_bboxes_3d'].tensor.shape == (0, 7)
    assert torch.equal(empty['points'].tensor, full['points'].tensor)


@pytest.mark.parametrize('step', STEPS)
def test_a_seed_repeats_a_step_exactly(step, make_frame, seed_generators):
    first = step(make_frame(BOXES))
    seed_generators()
    second = step(make_frame(BOXES))
    assert torch.equal(first['points'].tensor, second['points'].tensor)
    assert torch.equal(first['gt_bboxes_3d'].tensor, second['gt_bboxes_3d'].tensor)


def test_the_record_of_a_transformation_reproduces_it(make_frame, seed_generators):
    frame = make_frame(BOXES)
    before = frame['points'].tensor[:, :3].clone()
    frame = GlobalRotScaleTrans(rot_range=[0.3, 0.9], translation_std=1.0)(frame)
    again = before @ frame['pcd_rotation'] * frame['pcd_scale_factor']
    again = again + torch.tensor(frame['pcd_trans'], dtype=torch.float32)
    torch.testing.assert_close(frame['points'].tensor[:, :3], again, rtol=1e-5, atol=1e-4)
    assert 0.3 <= frame['pcd_rotation_angle'] <= 0.9
    assert frame['transformation_3d_flow'] == ['R', 'S', 'T']


def test_a_scale_that_is_given_is_kept(make_frame, seed_generators):
    frame = {**make_frame(BOXES), 'pcd_scale_factor': 2.0}
    frame = GlobalRotScaleTrans(rot_range=[0, 0])(frame)
    np.testing.assert_allclose(frame['gt_bboxes_3d'].tensor[0, :3], [20, 10, -3])
    assert frame['pcd_scale_factor'] == 2.0


def test_half_of_the_scenes_are_flipped(make_frame, seed_generators):
    flip, frame = RandomFlip3D(flip_ratio_bev_horizontal=0.5), make_frame([], num_background=1)
    flips = [flip({**frame})['pcd_horizontal_flip'] for _ in range(400)]
    assert 160 < sum(flips) < 240


def test_a_flip_follows_the_image_with_sync_2d_and_its_own_order_without(make_frame):
    frame = RandomFlip3D(flip_ratio_bev_horizontal=1)({**make_frame(BOXES), 'flip': False})
    assert not frame['pcd_horizontal_flip']
    orders = {'flip': True, 'pcd_horizontal_flip': False, 'pcd_vertical_flip': True}
    frame = RandomFlip3D(sync_2d=False)({**make_frame(BOXES), **orders})
    assert frame['transformation_3d_flow'] == ['VF']
    np.testing.assert_allclose(frame['gt_bboxes_3d'].tensor[0, :2], [-10, 5])


def test_points_on_the_border_of_the_range_are_dropped(make_frame):
    frame = make_frame([], num_background=3)
    frame['points'].tensor[:, :3] = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 2, 0]])
    frame = PointsRangeFilter([0, -2, -1, 70, 2, 1])(frame)
    assert frame['points'].tensor[:, :3].tolist() == [[1, 0, 0]]


def test_a_range_without_points_leaves_an_empty_cloud(make_frame):
    with pytest.warns(UserWarning, match='almost none lie in the range'):
        frame = PointsRangeFilter([500, 500, 0, 600, 600, 1])(make_frame(BOXES))
    assert frame['points'].tensor.shape == (0, 4)


def test_objects_outside_the_range_go_with_their_labels(make_frame):
    boxes = np.array(BOXES) + [0, 0, 0, 0, 0, 0, 2 * np.pi]
    frame = ObjectRangeFilter([0, -40, -3, 20, 40, 1])(make_frame(boxes, [2, 0]))
    np.testing.assert_allclose(frame['gt_bboxes_3d'].tensor, [BOXES[0]], rtol=1e-5)
    assert frame['gt_labels_3d'].tolist() == [2]


def test_untrained_classes_are_dropped_by_name(make_frame):
    frame = ObjectNameFilter(['Pedestrian', 'Cyclist', 'Car'])(make_frame(BOXES, [-1, 1]))
    assert frame['gt_labels_3d'].tolist() == [1]
    np.testing.assert_allclose(frame['gt_bboxes_3d'].tensor, [BOXES[1]], rtol=1e-5)


@pytest.mark.parametrize('step', [ObjectRangeFilter([0, -1, -1, 1, 1, 1]), ObjectNameFilter(['a'])])
def test_filters_keep_the_shapes_of_a_frame_without_objects(step, make_frame):
    frame = step(make_frame([]))
    assert frame['gt_bboxes_3d'].tensor.shape == (0, 7)
    assert frame['gt_labels_3d'].shape == (0,)


def test_shuffling_keeps_every_point(make_frame, seed_generators):
    frame = make_frame(BOXES)
    before = frame['points'].tensor.clone()
    after = PointShuffle()(frame)['points'].tensor
    assert not torch.equal(before, after)
    assert sorted(before.tolist()) == sorted(after.tolist())


@pytest.mark.parametrize(
    ('step', 'arguments', 'message'),
    [
        (GlobalRotScaleTrans, {'shift_height': True}, 'shift_height'),
        (GlobalRotScaleTrans, {'rot_range': [0, 1, 2]}, 'rot_range'),
        (GlobalRotScaleTrans, {'scale_ratio_range': [0, 1]}, 'scale_ratio_range'),
        (GlobalRotScaleTrans, {'translation_std': [-1, 0, 0]}, 'translation_std'),
        (RandomFlip3D, {'flip_ratio_bev_horizontal': 1.5}, '1.5'),
    ],
)
def test_impossible_arguments_are_refused_at_construction(step, arguments, message):
    with pytest.raises(ValueError, match=message):
        step(**arguments)
