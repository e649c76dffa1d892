"""Arguments of steps: what is refused at construction, and how a step shows them."""

import numpy as np
import pytest
from mmcv import ConfigDict

from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.datasets.pipelines import MultiScaleFlipAug3D, ObjectSample

GOOD = {
    'Collect3D': {'keys': ['points']},
    'DefaultFormatBundle3D': {'class_names': ['Car']},
    'GlobalRotScaleTrans': {},
    'LoadAnnotations3D': {},
    'LoadPointsFromFile': {'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 4},
    'LoadPointsFromMultiSweeps': {},
    'MultiScaleFlipAug3D': {
        'transforms': [{'type': 'PointShuffle'}],
        'img_scale': (1333, 800),
        'pts_scale_ratio': 1,
    },
    'ObjectNameFilter': {'classes': ['Car']},
    'ObjectNoise': {},
    'ObjectRangeFilter': {'point_cloud_range': [0, -40, -3, 70.4, 40, 1]},
    'PointSample': {'num_points': 16},
    'PointShuffle': {},
    'PointsRangeFilter': {'point_cloud_range': [0, -40, -3, 70.4, 40, 1]},
    'RandomFlip3D': {},
}
NO_NUMBERS = ['0.5', True, float('nan'), float('inf'), None, {}]
NO_PAIRS = ['0.5', True, float('nan'), [1.0], [0.1, 0.2, 0.3], ['a', 'b'], [True, True], [2, 1], {}]
NO_NAMES = ['Car', None, 5, [1, 2], {'Car': 1}, [None]]
NO_SWITCH = ['False', 'true', None, 2, 0.5, []]
NO_BLOCK = [
    None,
    '0,0,0,1,1,1',
    [0, -40, 70.4, 40],
    ['0', '-40', '-3', '70', '40', '1'],
    [70.4, -40, -3, 0, 40, 1],
    [0, -40, float('nan'), 70.4, 40, 1],
    [0, -40, -3, True, 40, 1],
]
BAD = {
    ('Collect3D', 'keys'): NO_NAMES,
    ('Collect3D', 'meta_keys'): NO_NAMES,
    ('DefaultFormatBundle3D', 'class_names'): NO_NAMES,
    ('DefaultFormatBundle3D', 'with_gt'): NO_SWITCH,
    ('DefaultFormatBundle3D', 'with_label'): NO_SWITCH,
    ('GlobalRotScaleTrans', 'rot_range'): [*NO_PAIRS, -1.0],
    ('GlobalRotScaleTrans', 'scale_ratio_range'): [*NO_PAIRS, 1.0, [0, 1], [-1, 1]],
    ('GlobalRotScaleTrans', 'translation_std'): [*NO_NUMBERS, [1, 1], ['a'] * 3, [-1, 0, 0]],
    ('GlobalRotScaleTrans', 'shift_height'): NO_SWITCH,
    ('LoadAnnotations3D', 'with_bbox_3d'): NO_SWITCH,
    ('LoadAnnotations3D', 'with_mask'): ['False', 2],
    ('LoadPointsFromFile', 'coord_type'): ['lidar', None, 5, ['LIDAR']],
    ('LoadPointsFromFile', 'load_dim'): ['4', 4.0, True, None, 2, [4]],
    ('LoadPointsFromFile', 'use_dim'): [
        3.0,
        '3',
        None,
        2,
        5,
        [0, 1],
        [0, 1, 9],
        [0.0, 1, 2],
        'xyz',
    ],
    ('LoadPointsFromFile', 'file_client_args'): ['disk', {'backend': 'petrel'}],
    ('LoadPointsFromMultiSweeps', 'sweeps_num'): [1.5, '10', -1, True, None],
    ('LoadPointsFromMultiSweeps', 'load_dim'): ['5', 5.0, 4],
    ('LoadPointsFromMultiSweeps', 'use_dim'): [5.0, [1, 0, 2], [0, 1, 2, 5], '01234'],
    ('LoadPointsFromMultiSweeps', 'remove_close'): NO_SWITCH,
    ('MultiScaleFlipAug3D', 'transforms'): [None, 'PointShuffle', {'type': 'PointShuffle'}, [5]],
    ('MultiScaleFlipAug3D', 'img_scale'): [None, 1333, '1333x800', [], [1333], ('a', 'b'), [(1,)]],
    ('MultiScaleFlipAug3D', 'pts_scale_ratio'): ['1', None, 0, [], [1, 'a'], True],
    ('MultiScaleFlipAug3D', 'flip'): NO_SWITCH,
    ('MultiScaleFlipAug3D', 'flip_direction'): ['left', None, [], ['horizontal', 5]],
    ('ObjectNameFilter', 'classes'): NO_NAMES,
    ('ObjectNoise', 'translation_std'): [*NO_NUMBERS, [1, 1], ['a'] * 3],
    ('ObjectNoise', 'global_rot_range'): NO_PAIRS,
    ('ObjectNoise', 'rot_range'): NO_PAIRS,
    ('ObjectNoise', 'num_try'): [0, 1.5, '100', None, True],
    ('ObjectRangeFilter', 'point_cloud_range'): NO_BLOCK,
    ('ObjectSample', 'db_sampler'): [None, 'sampler', [], {1: 2}],
    ('PointSample', 'num_points'): ['x', 1.5, 0, None, True],
    ('PointSample', 'sample_range'): ['40', 0, -1, float('nan'), True, [40]],
    ('PointSample', 'replace'): NO_SWITCH,
    ('PointsRangeFilter', 'point_cloud_range'): NO_BLOCK,
    ('RandomFlip3D', 'flip_ratio_bev_horizontal'): ['0.5', 1.5, -0.1, True, [0.5], float('nan')],
    ('RandomFlip3D', 'flip_ratio_bev_vertical'): ['0.5', None, 2],
    ('RandomFlip3D', 'sync_2d'): NO_SWITCH,
}


@pytest.mark.parametrize('step, argument', BAD, ids='.'.join)
def test_arguments_of_another_kind_are_refused_with_an_example(step, argument):
    for value in BAD[step, argument]:
        with pytest.raises(ValueError) as error:
            PIPELINES.build({'type': step, **GOOD.get(step, {}), argument: value})
        assert step in str(error.value) and argument in str(error.value), value
        assert '\n' not in str(error.value)


def test_messages_say_what_was_given_and_what_is_expected():
    with pytest.raises(ValueError) as error:
        PIPELINES.build({'type': 'GlobalRotScaleTrans', 'rot_range': '0.0'})
    assert str(error.value) == (
        "GlobalRotScaleTrans: rot_range='0.0' (str) of GlobalRotScaleTrans; expected a list "
        '(low, high) of two numbers, low first, such as rot_range=[-0.785, 0.785]'
    )


@pytest.mark.parametrize(
    'step, arguments, shown',
    [
        ('GlobalRotScaleTrans', {'rot_range': np.float32(0.5)}, 'rot_range=[-0.5, 0.5]'),
        ('GlobalRotScaleTrans', {'rot_range': np.array([0.0, 1.0])}, 'rot_range=[0.0, 1.0]'),
        ('GlobalRotScaleTrans', {'translation_std': 2}, 'translation_std=[2, 2, 2]'),
        ('ObjectNoise', {'rot_range': (-1, 1)}, 'rot_range=[-1, 1]'),
        ('PointSample', {'num_points': np.int64(7)}, 'PointSample(num_points=7, '),
        ('PointsRangeFilter', {'point_cloud_range': np.arange(6)}, '=[0, 1, 2, 3, 4, 5])'),
        (
            'PointsRangeFilter',
            {'point_cloud_range': [0, -1, -np.inf, 1, 1, np.inf]},
            '=[0, -1, -inf, 1, 1, inf])',
        ),
        ('LoadPointsFromFile', {'use_dim': (0, 1, 2)}, 'load_dim=4, use_dim=[0, 1, 2], '),
        ('LoadPointsFromMultiSweeps', {'use_dim': 5}, 'use_dim=[0, 1, 2, 3, 4]'),
        ('DefaultFormatBundle3D', {'class_names': ('Car', 'Van')}, "class_names=['Car', 'Van']"),
        ('RandomFlip3D', {'flip_ratio_bev_vertical': 1}, 'flip_ratio_bev_vertical=1)'),
        ('MultiScaleFlipAug3D', {'flip': np.True_}, 'PointShuffle()'),
    ],
)
def test_numbers_of_numpy_and_any_sequence_are_taken_and_shown(step, arguments, shown):
    assert shown in repr(PIPELINES.build(ConfigDict(type=step, **{**GOOD[step], **arguments})))


@pytest.mark.parametrize('step', GOOD)
def test_every_step_shows_its_name_and_arguments(step):
    built = PIPELINES.build({'type': step, **GOOD[step]})
    assert repr(built).startswith(f'{step}(') and repr(built).endswith(')')
    assert all(f'{name}=' in repr(built) for name in GOOD[step])


def test_every_step_is_tried_here():
    own = {n for n, c in PIPELINES.module_dict.items() if c.__module__.startswith('mmdet3d.')}
    assert own - {'ObjectSample'} == set(GOOD)
    assert {step for step, _ in BAD} | {'PointShuffle'} == own


def test_the_steps_of_test_time_augmentation_may_be_built_already():
    step = MultiScaleFlipAug3D([PIPELINES.build({'type': 'PointShuffle'})], [1333, 800], 1)
    assert step.img_scale == [(1333, 800)]


def test_a_step_that_lacks_its_database_is_one_line():
    with pytest.raises(ValueError, match=r'db_sampler=None .*ObjectSample.*info_path'):
        ObjectSample(None)
