"""Wrapping, collecting, batching and test-time copies."""

import numpy as np
import pytest
import torch
from mmcv.parallel import collate

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets.pipelines import Collect3D, DefaultFormatBundle3D, MultiScaleFlipAug3D

BOXES = [[10, 5, -1.5, 4, 1.8, 1.6, 0.4], [30, -12, -1, 0.8, 0.6, 1.7, -2.5]]
CLASSES = ['Pedestrian', 'Cyclist', 'Car']
KEYS = ['points', 'gt_bboxes_3d', 'gt_labels_3d']
WRAP = [
    {'type': 'DefaultFormatBundle3D', 'class_names': CLASSES, 'with_label': False},
    {'type': 'Collect3D', 'keys': ['points']},
]


def wrapped(frame):
    return Collect3D(KEYS)(DefaultFormatBundle3D(CLASSES)(frame))


def test_frames_of_different_sizes_become_one_batch(make_frame):
    frames = [make_frame(BOXES, [2, 0]), make_frame([], num_background=0)]
    for index, frame in enumerate(frames):
        frame['sample_idx'] = index
    batch = collate([wrapped(frame) for frame in frames], samples_per_gpu=2)
    points, boxes, labels = (batch[key].data[0] for key in KEYS)
    assert [tuple(p.shape) for p in points] == [(110, 4), (0, 4)]
    assert all(p.dtype == torch.float32 for p in points)
    assert [tuple(b.tensor.shape) for b in boxes] == [(2, 7), (0, 7)]
    assert all(isinstance(b, LiDARInstance3DBoxes) for b in boxes)
    assert [x.tolist() for x in labels] == [[2, 0], []]
    assert all(x.dtype == torch.int64 for x in labels)
    assert batch['img_metas'].cpu_only and batch['gt_bboxes_3d'].cpu_only
    assert not batch['points'].cpu_only
    assert [meta['sample_idx'] for meta in batch['img_metas'].data[0]] == [0, 1]


def test_metas_hold_only_what_the_frame_has(make_frame):
    frame = {**make_frame(BOXES), 'pcd_scale_factor': 1.1, 'unknown': 1}
    assert wrapped(frame)['img_metas'].data == {'pcd_scale_factor': 1.1}


def test_a_key_that_no_step_made_is_named():
    with pytest.raises(KeyError, match='voxels'):
        Collect3D(['voxels'])({'points': 0})


def test_labels_can_be_left_alone(make_frame):
    frame = DefaultFormatBundle3D(CLASSES, with_label=False)(make_frame(BOXES))
    assert isinstance(frame['gt_labels_3d'], np.ndarray)
    frame = DefaultFormatBundle3D(CLASSES, with_gt=False)(make_frame(BOXES))
    assert isinstance(frame['gt_bboxes_3d'], LiDARInstance3DBoxes)


@pytest.mark.parametrize('img_scale', [[1333, 800], (1333, 800), [(1333, 800)]])
def test_a_frame_that_is_not_augmented_has_one_copy(img_scale, make_frame):
    copies = MultiScaleFlipAug3D(WRAP, img_scale, pts_scale_ratio=1, flip=False)(make_frame([]))
    assert {key: len(value) for key, value in copies.items()} == {'points': 1, 'img_metas': 1}
    assert copies['img_metas'][0].data['pcd_scale_factor'] == 1.0


def test_copies_are_made_for_each_scale_and_flip_and_leave_the_frame_alone(make_frame):
    frame = make_frame([], num_background=20)
    before = frame['points'].tensor.clone()
    steps = [
        {'type': 'GlobalRotScaleTrans', 'rot_range': [0, 0]},
        {'type': 'RandomFlip3D', 'sync_2d': False},
        *WRAP,
    ]
    augment = MultiScaleFlipAug3D(
        steps, (1, 1), [1.0, 2.0], flip=True, pcd_horizontal_flip=True, pcd_vertical_flip=True
    )
    copies = augment(frame)
    assert torch.equal(frame['points'].tensor, before)
    signs = [
        [m.data['pcd_scale_factor'], m.data['pcd_horizontal_flip'], m.data['pcd_vertical_flip']]
        for m in copies['img_metas']
    ]
    assert len({tuple(s) for s in signs}) == 8
    for points, (scale, horizontal, vertical) in zip(copies['points'], signs):
        factors = torch.tensor([-1.0 if vertical else 1, -1.0 if horizontal else 1, 1])
        torch.testing.assert_close(points.data[:, :3], before[:, :3] * scale * factors)
