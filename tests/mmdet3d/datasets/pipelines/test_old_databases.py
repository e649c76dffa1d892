"""Ground-truth databases of mmdetection3d before v1.0, and those of other systems."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

from mmdet3d.datasets.pipelines import DataBaseSampler
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes

SIZES = {
    'Car': [3.9, 1.6, 1.5],
    'Van': [5.0, 1.9, 2.2],
    'Truck': [10.0, 2.6, 3.2],
    'Cyclist': [1.8, 0.6, 1.7],
    'Pedestrian': [0.8, 0.6, 1.7],
    'traffic_cone': [0.4, 0.4, 1.0],
    'bench': [0.5, 1.8, 0.8],
}


def old_form(box):
    """Write a box as mmdetection3d did before v1.0: width first, yaw clockwise from the y axis."""
    old = box.copy()
    old[3], old[4], old[6] = box[4], box[3], -box[6] - np.pi / 2
    return old


@pytest.fixture
def make_database(tmp_path):
    """Write a database of 30 objects of each class; gives the sampler's arguments and the boxes."""

    def make(names, old, columns=7, with_points=True):
        rng = np.random.default_rng(0)
        database, truth = {name: [] for name in names}, {}
        for name in names:
            for i in range(30):
                box = np.zeros(columns, np.float32)
                box[:7] = [
                    *rng.uniform([5, -20, -2], [60, 20, -1]),
                    *SIZES[name],
                    rng.uniform(-3, 3),
                ]
                box[3:6] *= rng.uniform(0.95, 1.05)
                box[7:] = rng.normal(size=columns - 7)
                path = f'gt_database/{i}_{name}_0.bin'
                if with_points:
                    write_points(tmp_path / path, box, rng)
                truth[path] = box
                entry = {'name': name, 'path': path, 'group_id': i, 'num_points_in_gt': 40}
                database[name].append({**entry, 'box3d_lidar': old_form(box) if old else box})
        (tmp_path / 'db.pkl').write_bytes(pickle.dumps(database))
        groups = dict.fromkeys(names, 10)
        arguments = dict(info_path=str(tmp_path / 'db.pkl'), data_root=str(tmp_path), rate=1.0)
        return {**arguments, 'prepare': {}, 'sample_groups': groups, 'classes': list(names)}, truth

    return make


def write_points(path, box, rng):
    """Write 40 points within a box, relative to its bottom centre."""
    local = rng.uniform([-0.5, -0.5, 0], [0.5, 0.5, 1], (40, 3)) * box[3:6]
    cos, sin = np.cos(box[6]), np.sin(box[6])
    x, y = cos * local[:, 0] - sin * local[:, 1], sin * local[:, 0] + cos * local[:, 1]
    path.parent.mkdir(exist_ok=True)
    np.column_stack([x, y, local[:, 2], np.ones(40)]).astype(np.float32).tofile(path)


def assert_boxes(sampler, truth):
    for members in sampler.db_infos.values():
        for entry in members:
            found, expected = entry['box3d_lidar'], truth[entry['path']]
            np.testing.assert_allclose(np.delete(found, 6), np.delete(expected, 6), atol=1e-5)
            assert np.cos(found[6] - expected[6]) == pytest.approx(1, abs=1e-5)


SETS = [
    ['Car'],
    ['Van'],
    ['Truck'],
    ['Cyclist'],
    ['Car', 'Pedestrian', 'Cyclist'],
    ['Pedestrian'],
    ['bench'],
    ['Pedestrian', 'bench', 'traffic_cone'],
]


@pytest.mark.parametrize('names', SETS)
@pytest.mark.parametrize('columns', [7, 9])
def test_old_boxes_are_converted_with_a_warning(make_database, names, columns):
    arguments, truth = make_database(names, old=True, columns=columns)
    with pytest.warns(UserWarning, match=r'db\.pkl has boxes .* before v1\.0; converted'):
        sampler = DataBaseSampler(**arguments)
    assert_boxes(sampler, truth)


@pytest.mark.parametrize('names', [*SETS, ['traffic_cone']])
def test_new_boxes_stay_as_they_are(make_database, names):
    arguments, truth = make_database(names, old=False)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        sampler = DataBaseSampler(**arguments)
    assert_boxes(sampler, truth)


@pytest.mark.parametrize('old', [False, True])
def test_pasted_boxes_hold_their_points(make_database, old):
    arguments, _ = make_database(['Car', 'Pedestrian'], old)
    if old:
        with pytest.warns(UserWarning, match='converted'):
            sampler = DataBaseSampler(**arguments)
    else:
        sampler = DataBaseSampler(**arguments)
    np.random.seed(0)
    sampled = sampler.sample_all(np.zeros((0, 7)), np.zeros(0, np.int64))
    boxes = sampled['gt_bboxes_3d'].copy()
    boxes[:, 2] -= 1e-3
    boxes[:, 3:6] += 2e-3
    assert points_in_boxes(sampled['points'].tensor.numpy(), boxes).any(axis=1).all()


def test_without_points_boxes_that_cannot_tell_stay(make_database):
    arguments, truth = make_database(['Pedestrian'], old=False, with_points=False)
    assert_boxes(DataBaseSampler(**arguments), truth)


@pytest.mark.parametrize('prefix', ['', 'C:\\data\\kitti\\', '\\\\server\\kitti\\', '/mnt/old/'])
def test_objects_are_found_whatever_system_wrote_their_paths(make_database, prefix):
    arguments, _ = make_database(['Car'], old=False)
    database = pickle.loads(Path(arguments['info_path']).read_bytes())
    for entry in database['Car']:
        entry['path'] = prefix + entry['path'].replace('/', '\\' if prefix != '/mnt/old/' else '/')
    Path(arguments['info_path']).write_bytes(pickle.dumps(database))
    sampled = DataBaseSampler(**arguments).sample_all(np.zeros((0, 7)), np.zeros(0, np.int64))
    assert len(sampled['points'].tensor) == 40 * len(sampled['gt_labels_3d']) > 0


def test_a_class_spelt_otherwise_is_named_with_those_there_are(make_database):
    arguments, _ = make_database(['Car', 'Van'], old=False)
    arguments['sample_groups'], arguments['classes'] = {'car': 5}, ['car']
    with pytest.warns(UserWarning, match=r"no \['car'\].*It has Car \(30\), Van \(30\)"):
        DataBaseSampler(**arguments)


def test_a_filter_that_needs_what_entries_lack_is_named(make_database):
    arguments, _ = make_database(['Car'], old=False)
    arguments['prepare'] = {'filter_by_difficulty': [-1]}
    with pytest.raises(ValueError, match=r"db\.pkl: .*has no \['difficulty'\]"):
        DataBaseSampler(**arguments)
