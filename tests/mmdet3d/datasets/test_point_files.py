"""Points from files and from memory, and warnings about what they look like."""

import time
import warnings

import numpy as np
import pytest
import torch
from support.cloud_files import named, write_pcd

from mmdet3d.core.points import CameraPoints, LiDARPoints
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.pipelines import LoadPointsFromFile, PointsRangeFilter
from mmdet3d.datasets.point_files import read_points

RANGE = [0, -40, -3, 70.4, 40, 1]


@pytest.fixture
def kitti_points(kitti_sample):
    """A frame as it was recorded, of a number of points that 3, 4, 5 and 6 columns divide."""
    path = kitti_sample / 'training/velodyne/000008.bin'
    points = np.fromfile(path, np.float32).reshape(-1, 4)
    return points[: len(points) // 60 * 60]


@pytest.fixture
def nuscenes_points(nuscenes_sample):
    points = np.fromfile(nuscenes_sample / 'LIDAR_TOP.pcd.bin', np.float32).reshape(-1, 5)
    return points[: len(points) // 60 * 60]


@pytest.fixture
def load():
    return LoadPointsFromFile('LIDAR', load_dim=5, use_dim=[0, 1, 2, 4]).load


def warned(call) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        call()
    return '\n'.join(str(each.message) for each in caught)


def cloud(columns=5, number=20):
    return np.random.default_rng(0).uniform(-9, 9, (number, columns)).astype(np.float32)


@pytest.mark.parametrize(
    'given',
    [
        lambda a: a,
        lambda a: a.astype('f8'),
        lambda a: a.astype('>f4'),
        lambda a: np.asfortranarray(a),
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: named(a, ['x', 'y', 'z', 'i', 'ring']),
        lambda a: torch.from_numpy(a.copy()).requires_grad_(),
        lambda a: torch.from_numpy(a.copy()).double().t().contiguous().t(),
        lambda a: LiDARPoints(a.copy(), points_dim=5),
        lambda a: a[:, [0, 1, 2, 4]],
    ],
)
def test_points_in_memory_are_taken_as_those_of_a_file(load, given):
    array = cloud()
    found = load(given(array))
    assert isinstance(found, LiDARPoints) and not found.tensor.requires_grad
    np.testing.assert_array_equal(found.tensor, array[:, [0, 1, 2, 4]])


def test_half_precision_is_taken(load):
    for points in (cloud().astype('f2'), torch.from_numpy(cloud()).bfloat16()):
        np.testing.assert_allclose(load(points).tensor, cloud()[:, [0, 1, 2, 4]], rtol=0.01)


def test_what_is_given_stays_as_it_is(load):
    array = cloud()
    array[3] = np.nan
    before = array.copy()
    array.flags.writeable = False
    with pytest.warns(UserWarning, match='the points given: dropped 1 of 20 points'):
        found = load(array)
    found.tensor.zero_()
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 1e39])
def test_points_in_memory_that_are_not_finite_are_dropped(load, value):
    array = cloud().astype(np.float64)
    array[7, 4] = value
    with pytest.warns(UserWarning, match='dropped 1 of 20'):
        np.testing.assert_allclose(
            load(array).tensor, np.delete(cloud(), 7, axis=0)[:, [0, 1, 2, 4]], rtol=1e-6
        )


def test_masked_points_are_dropped(load):
    array = np.ma.masked_array(cloud(), mask=np.zeros((20, 5), bool))
    array[2, 0] = np.ma.masked
    with pytest.warns(UserWarning, match='dropped 1 of 20'):
        assert len(load(array)) == 19


@pytest.mark.parametrize('shape', [(0, 5), (0, 4)])
def test_an_empty_cloud_stays_empty(load, shape):
    assert load(np.zeros(shape)).tensor.shape == (0, 4)


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        (
            np.zeros(20),
            r'shape \(20,\); expected \(N, 5\), or \(N, 4\) with columns \[0, 1, 2, 4\]',
        ),
        (np.zeros((1, 20, 5)), r'shape \(1, 20, 5\).*list of arrays'),
        (np.zeros((20, 3)), r'3 columns; expected \(N, 5\).*load_dim=5, use_dim=\[0, 1, 2, 4\]'),
        (np.zeros((5, 20)), r'array\.T'),
        (np.zeros((0,)), r'shape \(0,\)'),
        (np.zeros((20, 5), np.uint8), 'uint8'),
        (np.zeros((20, 5), bool), 'bool'),
        (np.zeros((20, 5), complex), 'complex128'),
        (np.full((20, 5), '1.0'), '<U3'),
        (np.full((20, 5), None), 'object'),
        (torch.zeros(20, 5).to_sparse(), 'sparse'),
        (torch.zeros(20, 5, dtype=torch.bool), 'bool'),
        (named(cloud(3), ['x', 'y', 'z']), r"has the fields \['x', 'y', 'z'\]"),
    ],
)
def test_what_is_wrong_with_points_in_memory_is_named(load, given, message):
    with pytest.raises(DataFormatError, match=rf'the points given:? .*{message}'):
        load(given)


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        (None, 'of type NoneType; expected a file, a numpy array'),
        ([[1.0, 2, 3, 4, 5]], 'of type list'),
        (CameraPoints(cloud(), points_dim=5), 'CameraPoints were given.*convert_to'),
    ],
)
def test_what_is_no_cloud_is_refused(load, given, message):
    with pytest.raises(TypeError, match=message):
        load(given)


def test_whole_numbers_are_taken_as_metres(load):
    assert load(np.arange(20).reshape(4, 5)).tensor[1].tolist() == [5, 6, 7, 9]


@pytest.mark.parametrize('name', ['000008.pcd', '000008.npy', '000008.PCD'])
def test_a_cloud_that_is_listed_with_another_suffix_is_found(tmp_path, name):
    points = cloud(4)
    if name.endswith('npy'):
        np.save(tmp_path / name, points)
    else:
        write_pcd(tmp_path / name, named(points, ['x', 'y', 'z', 'intensity']))
    step = LoadPointsFromFile('LIDAR', load_dim=4, use_dim=4)
    found = step({'pts_filename': str(tmp_path / '000008.bin')})['points']
    np.testing.assert_array_equal(found.tensor, points)


def test_a_folder_is_no_cloud(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_points(tmp_path)


@pytest.mark.parametrize(
    ('change', 'columns', 'message'),
    [
        (lambda k, n: k.astype('f8'), 4, 'as float64 of 4 columns'),
        (lambda k, n: k[:, :3].astype('f8'), 4, 'as float64 of 3 columns'),
        (lambda k, n: n.astype('f8'), 5, 'as float64 of 5 columns'),
        (lambda k, n: k.astype('>f4'), 4, 'as big-endian float32'),
        (lambda k, n: k.astype('f2'), 4, 'as float16'),
        (lambda k, n: (k * 1000).astype('i4'), 4, 'as int32'),
        (lambda k, n: k[:, :3], 4, 'load_dim=3'),
        (lambda k, n: n, 4, 'load_dim=5'),
        (lambda k, n: k, 5, 'load_dim=4'),
        (lambda k, n: k, 6, 'load_dim=4'),
        (lambda k, n: k[:, :3], 6, 'load_dim=3'),
        (lambda k, n: k * np.float32([1000, 1000, 1000, 1]), 4, 'millimetres'),
        (lambda k, n: k + np.float32([450_000, 5_400_000, 0, 0]), 4, 'map coordinates'),
        (lambda k, n: k * np.float32([1, 1, 1, 255]), 4, 'intensity goes beyond 1'),
    ],
)
def test_raw_values_that_were_meant_otherwise_are_warned_about(
    tmp_path, kitti_points, nuscenes_points, change, columns, message
):
    for name in ('a.bin', 'b.bin'):
        change(kitti_points, nuscenes_points).tofile(tmp_path / name)
    first = warned(lambda: read_points(tmp_path / 'a.bin', num_features=columns))
    assert 'a.bin: ' in first and message in first
    # The files of a folder are alike.
    assert message not in warned(lambda: read_points(tmp_path / 'b.bin', num_features=columns))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda n: n.reshape(-1, 4), 'load_dim=5'),
        (lambda n: n.reshape(-1).view(np.float64).reshape(-1, 4), 'read as float64 .*as float32'),
        (lambda n: n.astype('f8').reshape(-1).view(np.float32).reshape(-1, 4), 'as float64 of 5'),
        (lambda n: n[:, :4] * np.float64([1000, 1000, 1000, 0]), 'millimetres'),
    ],
)
def test_arrays_that_were_read_wrongly_are_warned_about(nuscenes_points, change, message):
    load = LoadPointsFromFile('LIDAR', load_dim=4, use_dim=4).load
    with pytest.warns(UserWarning, match=f'the points given: .*{message}'):
        load(change(nuscenes_points[: len(nuscenes_points) // 8 * 8]))


def test_clouds_as_they_should_be_are_not_warned_about(kitti_sample, nuscenes_sample):
    for path in sorted(kitti_sample.glob('training/velodyne/*.bin')):
        assert not warned(lambda path=path: read_points(path))
    path = nuscenes_sample / 'LIDAR_TOP.pcd.bin'
    assert not warned(lambda: read_points(path, num_features=5))


@pytest.mark.parametrize('scale, message', [(1000, 'millimetres'), (1, '')])
def test_units_in_other_formats_are_warned_about(tmp_path, kitti_points, scale, message):
    points = kitti_points * np.float32([scale, scale, scale, 1])
    path = write_pcd(tmp_path / 'a.pcd', named(points, ['x', 'y', 'z', 'intensity']))
    assert message in warned(lambda: read_points(path))
    assert bool(warned(lambda: read_points(points_file(tmp_path, points)))) == bool(message)


def points_file(folder, points):
    (folder / 'other').mkdir()
    np.save(folder / 'other/a.npy', points)
    return folder / 'other/a.npy'


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda k: k[:, [1, 2, 0, 3]] * np.float32([-1, -1, 1, 1]), 'camera coordinates'),
        (lambda k: k * np.float32([1000, 1000, 1000, 1]), 'millimetres'),
        (lambda k: k + np.float32([0, 0, 500, 0]), 'another frame'),
    ],
)
def test_a_cloud_out_of_view_is_warned_about_once(kitti_points, tmp_path, change, message):
    ahead = kitti_points[(kitti_points[:, 0] > 5) & (np.abs(kitti_points[:, 1]) < 0.5)]
    points = LiDARPoints(change(ahead), points_dim=4)
    frames = [
        {'points': points, 'pts_filename': str(tmp_path / name)} for name in ('a.bin', 'b.bin')
    ]
    crop = PointsRangeFilter(RANGE)
    first = warned(lambda: crop(frames[0]))
    assert 'a.bin: almost none lie in the range' in first and message in first
    assert not warned(lambda: crop(frames[1]))


def test_checks_cost_little(tmp_path):
    rng = np.random.default_rng(0)
    points = (rng.normal(size=(120_000, 4)) * [20, 20, 1, 0.1]).astype(np.float32)
    points.tofile(tmp_path / 'a.bin')

    def best(call, rounds=50):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return min(times)

    plain = best(lambda: np.isfinite(np.fromfile(tmp_path / 'a.bin', np.float32)).all())
    assert best(lambda: read_points(tmp_path / 'a.bin')) < plain + 1e-3
