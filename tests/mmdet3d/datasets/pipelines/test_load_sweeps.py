"""Adding sweeps to a key frame."""

import numpy as np
import pytest

from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets.pipelines import LoadPointsFromMultiSweeps


@pytest.fixture
def frame(tmp_path):
    """A key frame at 10 s and five sweeps, 0.1 s apart, whose points are (i, 0.5, 0, 7, 3)."""
    sweeps = []
    for i in range(1, 6):
        path = tmp_path / f'{i}.bin'
        np.array([[i, 0.5, 0, 7, 3], [0.4, 0.5, 0, 7, 3]], np.float32).tofile(path)
        sweeps.append(
            {
                'data_path': str(path),
                'timestamp': 10e6 - i * 1e5,
                'sensor2lidar_rotation': np.eye(3),
                'sensor2lidar_translation': np.zeros(3),
            }
        )
    points = np.array([[9, 9, 9, 5, 30], [0.2, 0.3, 1, 5, 31]], np.float32)
    return {'points': LiDARPoints(points, points_dim=5), 'sweeps': sweeps, 'timestamp': 10.0}


def loaded(frame, **arguments):
    return LoadPointsFromMultiSweeps(**arguments)(frame)['points']


def test_sweeps_follow_the_key_frame_with_their_lag(frame):
    points = loaded(frame)
    assert isinstance(points, LiDARPoints) and points.points_dim == 4
    np.testing.assert_allclose(points.tensor[:2], [[9, 9, 9, 0], [0.2, 0.3, 1, 0]])
    np.testing.assert_allclose(points.tensor[2::2, 0], [1, 2, 3, 4, 5])
    np.testing.assert_allclose(points.tensor[2::2, 3], [0.1, 0.2, 0.3, 0.4, 0.5], atol=1e-6)


def test_sweeps_are_turned_before_they_are_moved(frame):
    frame['sweeps'] = frame['sweeps'][:1]
    frame['sweeps'][0]['sensor2lidar_rotation'] = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    frame['sweeps'][0]['sensor2lidar_translation'] = np.array([10.0, 0, 1])
    np.testing.assert_allclose(loaded(frame).tensor[2, :3], [9.5, 1, 1])


def test_columns_are_chosen_in_the_end(frame):
    points = loaded(frame, use_dim=[0, 1, 2, 3, 4])
    np.testing.assert_array_equal(points.tensor[:, 3], [5, 5] + [7] * 10)


def test_test_mode_takes_the_latest(frame):
    latest = loaded(frame, sweeps_num=2, test_mode=True).tensor[2::2, 0]
    np.testing.assert_array_equal(latest, [1, 2])


def test_training_draws_without_repetition(frame):
    np.random.seed(0)
    step = LoadPointsFromMultiSweeps(sweeps_num=2)
    drawn = [tuple(sorted(step._choose(frame['sweeps']))) for _ in range(200)]
    assert len(set(drawn)) == 10
    assert all(first != second for first, second in drawn)


def test_close_points_of_sweeps_are_removed_and_those_of_the_key_frame_stay(frame):
    points = loaded(frame, remove_close=True).tensor
    # The first sweep's other point is exactly 1 m ahead and stays.
    assert points.shape == (7, 4)
    np.testing.assert_allclose(points[1, :3], [0.2, 0.3, 1])


def test_without_sweeps_the_key_frame_stays_or_is_repeated(frame):
    frame['sweeps'] = []
    assert len(loaded({**frame, 'points': frame['points'].clone()})) == 2
    assert len(loaded({**frame, 'points': frame['points'].clone()}, pad_empty_sweeps=True)) == 22
    padded = loaded(frame, pad_empty_sweeps=True, remove_close=True, sweeps_num=3)
    assert len(padded) == 2 + 3
    assert not padded.tensor[:, 3].any()


def test_a_missing_sweep_is_named(frame):
    frame['sweeps'][2]['data_path'] = 'gone.bin'
    with pytest.raises(FileNotFoundError, match=r'sweep gone\.bin does not exist.*data_root'):
        loaded(frame)


def test_too_few_columns_of_the_key_frame_are_named(frame):
    frame['points'] = frame['points'][:, :4]
    with pytest.raises(ValueError, match=r'have 4 columns and those of sweeps 5; give .*use_dim=5'):
        loaded(frame)


def test_other_columns_of_the_key_frame_are_refused_without_sweeps_too(frame):
    wide = np.zeros((2, 6), np.float32)
    frame.update(points=LiDARPoints(wide, points_dim=6), sweeps=[])
    with pytest.raises(ValueError, match='have 6 columns and those of sweeps 5'):
        loaded(frame)


def test_a_sweep_of_another_format_is_read(frame, tmp_path):
    np.save(tmp_path / '1.npy', np.fromfile(tmp_path / '1.bin', np.float32).reshape(-1, 5))
    (tmp_path / '1.bin').unlink()
    expected = loaded({**frame, 'points': frame['points'].clone(), 'sweeps': frame['sweeps'][1:]})
    points = loaded(frame)
    assert points.tensor[2, 0] == 1 and len(points) == len(expected) + 2


def test_a_sweep_of_other_columns_is_refused(frame, tmp_path):
    frame['sweeps'][0]['data_path'] = str(tmp_path / '1.npy')
    np.save(tmp_path / '1.npy', np.zeros((2, 4), np.float32))
    with pytest.raises(
        ValueError, match=r'1\.npy: has shape \(2, 4\), 4 columns; expected \(N, 5\)'
    ):
        loaded(frame)


def test_a_time_in_another_unit_is_warned_about(frame):
    frame['timestamp'] = 1_500_000_000.0
    frame['sweeps'][0]['timestamp'] = 1_499_999_999.9
    with pytest.warns(
        UserWarning, match=r'1\.bin: this sweep is 1\.5e\+09 s before .*microseconds'
    ):
        loaded(frame, sweeps_num=1, test_mode=True)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'sweeps_num': -1}, 'sweeps_num=-1'),
        ({'load_dim': 4}, 'load_dim=4'),
        ({'use_dim': [0, 1, 5]}, 'use_dim='),
        ({'use_dim': [0, 1, 2, 5]}, 'columns from 0 to 4'),
        ({'file_client_args': {'backend': 'petrel'}}, "only 'disk'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LoadPointsFromMultiSweeps(**arguments)
