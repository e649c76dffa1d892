"""Sampling from the ground-truth database."""

import pickle

import numpy as np
import pytest
import torch

from mmdet3d.datasets.pipelines import BatchSampler, DataBaseSampler, ObjectSample
from mmdet3d.on_cpu.box_collision import seen_from_above
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.on_cpu.rotated_iou import rotated_overlaps

CLASSES = ['Pedestrian', 'Cyclist', 'Car']
SIZES = {'Pedestrian': [0.8, 0.6, 1.7], 'Cyclist': [1.8, 0.6, 1.7], 'Car': [4, 1.7, 1.5]}
POINTS_OF_OBJECT = 12


@pytest.fixture
def database(tmp_path):
    """A database of 40 objects of each class, points relative to the box, on disk."""
    rng = np.random.default_rng(0)
    infos = {name: [] for name in CLASSES}
    for name in CLASSES:
        for i in range(40):
            centre = rng.uniform([5, -20, -2], [60, 20, -1])
            box = np.float32([*centre, *SIZES[name], rng.uniform(-3, 3)])
            points = rng.uniform(-0.25, 0.25, (POINTS_OF_OBJECT, 4)).astype(np.float32)
            points[:, 2] += 0.5
            # Reflectance tells the points of the database from those of a frame.
            points[:, 3] = 7
            points.tofile(tmp_path / f'{i}_{name}_0.bin')
            info = {
                'name': name,
                'path': f'{i}_{name}_0.bin',
                'image_idx': i,
                'gt_idx': 0,
                'box3d_lidar': box,
                'num_points_in_gt': POINTS_OF_OBJECT if i % 4 else 3,
                'difficulty': 0 if i % 5 else -1,
                'group_id': i,
            }
            infos[name].append(info)
    path = tmp_path / 'dbinfos.pkl'
    path.write_bytes(pickle.dumps(infos))
    return {
        'info_path': str(path),
        'data_root': str(tmp_path),
        'rate': 1.0,
        'prepare': {
            'filter_by_difficulty': [-1],
            'filter_by_min_points': {'Car': 5, 'Pedestrian': 5, 'Cyclist': 5},
        },
        'sample_groups': {'Car': 15, 'Pedestrian': 10, 'Cyclist': 5},
        'classes': CLASSES,
    }


def test_entries_are_drawn_once_per_round_and_then_anew(seed_generators):
    sampler = BatchSampler(list(range(10)))
    first = sampler.sample(4) + sampler.sample(4) + sampler.sample(4)
    assert sorted(first) == list(range(10))
    second = sampler.sample(20)
    assert sorted(second) == list(range(10))
    assert first != second


def test_order_can_be_kept():
    sampler = BatchSampler('abc', shuffle=False)
    assert [sampler.sample(2) for _ in range(3)] == [['a', 'b'], ['c'], ['a', 'b']]


def test_hard_and_sparse_objects_are_filtered_out(database):
    sampler = DataBaseSampler(**database)
    for infos in sampler.db_infos.values():
        assert len(infos) == 24
        assert all(i['difficulty'] >= 0 and i['num_points_in_gt'] >= 5 for i in infos)


@pytest.mark.parametrize('seed', range(4))
def test_pasted_objects_collide_neither_with_the_frame_nor_with_each_other(
    seed, database, make_frame, seed_generators
):
    boxes = [[10 + 8 * i, 3 * i - 9, -1.5, 4, 1.7, 1.5, i] for i in range(6)]
    seed_generators(seed)
    frame = ObjectSample(database)(make_frame(boxes, [2] * 6))
    boxes = seen_from_above(frame['gt_bboxes_3d'].tensor.numpy())
    overlaps = rotated_overlaps(boxes, boxes)
    assert len(boxes) > 10
    assert overlaps[~np.eye(len(boxes), dtype=bool)].max() < 1e-3


def test_a_frame_is_filled_up_to_the_number_of_each_class(database, make_frame, seed_generators):
    frame = ObjectSample(database)(make_frame([[90, 0, 0, 4, 1.7, 1.5, 0]] * 3, [2, 2, 0]))
    counts = np.bincount(frame['gt_labels_3d'], minlength=3)
    assert np.all(counts <= [10, 5, 15])
    assert counts.sum() > 15
    assert frame['gt_labels_3d'].dtype == np.int64
    assert len(frame['gt_labels_3d']) == len(frame['gt_bboxes_3d'])


def test_a_frame_that_is_full_is_left_alone(database, make_frame):
    frame = make_frame([[10, 0, 0, 4, 1.7, 1.5, 0]] * 2, [2, 2])
    database['sample_groups'] = {'Car': 2}
    before = frame['points'].tensor.clone()
    frame = ObjectSample(database)(frame)
    assert len(frame['gt_bboxes_3d']) == 2
    assert torch.equal(frame['points'].tensor, before)


def test_rate_scales_the_number_of_objects(database, make_frame, seed_generators):
    sampler = DataBaseSampler(**{**database, 'rate': 0.2, 'sample_groups': {'Car': 10}})
    sampled = sampler.sample_all(np.zeros((0, 7)), np.zeros(0, np.int64))
    assert 1 <= len(sampled['gt_labels_3d']) <= 2


def test_objects_bring_their_points_and_clear_their_box_of_others(
    database, make_frame, seed_generators
):
    frame = make_frame([], num_background=20_000)
    frame = ObjectSample(database)(frame)
    points, boxes = frame['points'].tensor.numpy(), frame['gt_bboxes_3d'].tensor.numpy()
    pasted = points[:, 3] == 7
    assert pasted.sum() == POINTS_OF_OBJECT * len(boxes)
    inside = points_in_boxes(points, boxes)
    assert inside[pasted].any(axis=1).all()
    assert not inside[~pasted].any()
    assert 15_000 < (~pasted).sum() < 20_000


def test_untrained_objects_of_the_frame_keep_their_place(database, make_frame, seed_generators):
    wall = [[32, 0, -2, 70, 50, 3, 0]]
    frame = ObjectSample(database)(make_frame(wall, [-1], num_background=0))
    assert frame['gt_labels_3d'].tolist() == [-1]


def test_the_seed_of_numpy_repeats_a_sample(database, make_frame, seed_generators):
    first = ObjectSample(database)(make_frame([]))
    seed_generators()
    second = ObjectSample(database)(make_frame([]))
    assert torch.equal(first['gt_bboxes_3d'].tensor, second['gt_bboxes_3d'].tensor)
    assert torch.equal(first['points'].tensor, second['points'].tensor)


def test_a_frame_with_velocities_keeps_them(database, seed_generators):
    sampled = DataBaseSampler(**database).sample_all(np.ones((1, 9)), np.array([0]))
    assert sampled['gt_bboxes_3d'].shape[1] == 9
    assert not sampled['gt_bboxes_3d'][:, 7:].any()
    assert sampled['group_ids'].tolist() == list(range(1, 1 + len(sampled['gt_labels_3d'])))


def test_a_missing_database_is_named_with_the_command_that_writes_it(database):
    with pytest.raises(FileNotFoundError, match=r'absent\.pkl.*create_data'):
        ObjectSample({**database, 'info_path': 'absent.pkl'})


def test_a_class_the_database_does_not_have_is_warned_of_and_not_sampled(database, seed_generators):
    database['classes'] = [*CLASSES, 'Tram']
    database['sample_groups'] = {'Tram': 5}
    with pytest.warns(UserWarning, match='Tram'):
        sampler = DataBaseSampler(**database)
    assert sampler.sample_all(np.zeros((0, 7)), np.zeros(0, np.int64)) is None


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'prepare': {'filter_by_colour': 1}}, 'filter_by_colour'),
        ({'sample_groups': {'Tram': 5}}, 'Tram'),
        ({'file_client_args': {'backend': 'petrel'}}, 'petrel'),
    ],
)
def test_impossible_settings_are_refused_at_construction(database, change, message):
    with pytest.raises(ValueError, match=message):
        DataBaseSampler(**{**database, **change})


@pytest.mark.parametrize(
    ('argument', 'values'),
    [
        ('rate', ['1.0', -1, True, None, float('nan')]),
        ('info_path', [None, 5]),
        ('data_root', [5, ['a']]),
        ('sample_groups', [None, ['Car:15'], {'Car': '15'}, {'Car': 1.5}, {'Car': -1}]),
        ('classes', ['Car', 5, [1]]),
        ('prepare', [None, [], {'filter_by_difficulty': -1}, {'filter_by_difficulty': ['-1']}]),
        ('prepare', [{'filter_by_min_points': {'Car': '5'}}, {'filter_by_min_points': ['Car:5']}]),
        ('points_loader', [None, 'LoadPointsFromFile']),
        ('file_client_args', ['disk']),
    ],
)
def test_settings_of_another_kind_are_refused_at_construction(database, argument, values):
    for value in values:
        with pytest.raises(ValueError, match=rf'({argument}|filter_by).*; expected .*such as'):
            DataBaseSampler(**{**database, argument: value})


def test_the_sampler_shows_its_settings(database):
    shown = repr(ObjectSample(database))
    assert shown.startswith('ObjectSample(db_sampler=DataBaseSampler(info_path=')
    assert "sample_groups={'Car': 15, 'Pedestrian': 10, 'Cyclist': 5}" in shown


@pytest.mark.parametrize('switch', ['sample_2d', 'use_ground_plane'])
def test_unsupported_sampling_is_refused(database, switch):
    with pytest.raises(ValueError, match=switch):
        ObjectSample(database, **{switch: True})


def test_points_of_another_width_are_refused(database, make_frame, seed_generators):
    loader = {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 3}
    step = ObjectSample({**database, 'points_loader': loader})
    with pytest.raises(ValueError, match='points_loader'):
        step(make_frame([]))
