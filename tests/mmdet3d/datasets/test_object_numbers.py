"""Sizes and places that nothing can be learnt from, in every data set."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

from mmdet3d.datasets import Custom3DDataset, DataBaseSampler, KittiDataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.kitti import create_kitti_data, read_calib, read_label
from mmdet3d.datasets.point_files import read_points

CAR = [20, 4, -1.6, 4, 1.7, 1.5, 0.3]
WALKER = [12, -3, -1.6, 0.8, 0.6, 1.7, 2.0]
UNSOUND = [
    (5, 0.0),
    (5, -1.5),
    (3, np.nan),
    (4, np.inf),
    (4, 1e-46),
    (0, np.nan),
    (1, -np.inf),
    (2, 1e39),
    (6, np.nan),
]
LINE = 'Car 0.10 2 -1.57 540 170 660.5 300 {} {} {} {} 1.50 10.00 {}'
GOOD = LINE.format(1.5, 1.6, 4.0, 0.25, -0.5)
DONT_CARE = 'DontCare -1 -1 -10 800 160 820 180 -1 -1 -1 -1000 -1000 -1000 -10'


def spoil(box, column, value):
    box = np.array(box, dtype=np.float64)
    box[column] = value
    return box


@pytest.fixture
def silent():
    """Let any warning fail the test."""
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        yield


@pytest.mark.parametrize(
    'bad',
    [
        LINE.format(0, 1.6, 4.0, 0.25, -0.5),
        LINE.format(1.5, -1, 4.0, 0.25, -0.5),
        LINE.format(1.5, 1.6, 'nan', 0.25, -0.5),
        LINE.format(1.5, 1.6, 'inf', 0.25, -0.5),
        LINE.format(1.5, 1.6, 4.0, '-Infinity', -0.5),
        LINE.format(1.5, 1.6, 4.0, 0.25, 'NaN'),
        LINE.format(-1, -1, -1, -1000, -10),
    ],
)
def test_unsound_objects_of_a_label_are_left_out(tmp_path, bad):
    path = tmp_path / '000042.txt'
    path.write_text('\n'.join([DONT_CARE, GOOD, bad, '', GOOD, bad]))
    with pytest.warns(UserWarning, match='left out 2 of 5 objects') as caught:
        annos = read_label(path)
    assert len(caught) == 1
    text = str(caught[0].message)
    assert '000042.txt' in text and 'line 3 (Car), line 6 (Car)' in text
    assert annos['name'].tolist() == ['DontCare', 'Car', 'Car']
    assert annos['index'].tolist() == [-1, 0, 1]
    assert annos['group_ids'].tolist() == [0, 1, 2]
    assert {len(values) for values in annos.values()} == {3}
    assert annos['dimensions'][1:].tolist() == [[4.0, 1.5, 1.6]] * 2


def test_a_label_of_unsound_objects_alone_is_a_frame_without_objects(tmp_path):
    (tmp_path / 'a.txt').write_text(LINE.format(0, 0, 0, 0, 0))
    with pytest.warns(UserWarning, match='left out 1 of 1'):
        assert read_label(tmp_path / 'a.txt')['dimensions'].shape == (0, 3)


def test_sound_labels_and_dont_care_do_not_warn(tmp_path, silent):
    (tmp_path / 'a.txt').write_text(f'{GOOD}\n{DONT_CARE}\n')
    assert len(read_label(tmp_path / 'a.txt')['name']) == 2


@pytest.mark.parametrize('word', ['dontcare', 'DONTCARE', 'Dont_Care', 'dont-care'])
def test_dont_care_is_recognised_in_any_spelling(tmp_path, word, silent):
    (tmp_path / 'a.txt').write_text(f'{DONT_CARE.replace("DontCare", word)}\n{GOOD}\n')
    annos = read_label(tmp_path / 'a.txt')
    assert annos['name'].tolist() == ['DontCare', 'Car'] and annos['index'].tolist() == [-1, 0]


@pytest.mark.parametrize(('column', 'value'), UNSOUND)
def test_unsound_objects_of_kitti_infos_are_left_out(make_kitti, column, value):
    bad = spoil(CAR, column, value)
    frames = [([WALKER], ['Pedestrian']), ([CAR, WALKER], ['Car', 'Pedestrian'])]
    arguments = make_kitti(frames)
    infos = pickle.loads(Path(arguments['ann_file']).read_bytes())
    # KITTI's columns in camera coordinates: x, y, z, length, height, width, rotation.
    key = ('location',) * 3 + ('dimensions',) * 3 + ('rotation_y',)
    annos = infos[1]['annos']
    annos['group_ids'] = np.array([7, 8])
    np.reshape(annos[key[column]], (2, -1))[0, column % 3] = bad[column]
    Path(arguments['ann_file']).write_bytes(pickle.dumps(infos))
    with pytest.warns(
        UserWarning, match=r'infos\.pkl: left out 1 of 3 objects.*frame 000001 \(Car'
    ):
        dataset = KittiDataset(**{**arguments, 'classes': ['Pedestrian']})
    found = dataset.get_ann_info(1)
    assert found['gt_names'].tolist() == ['Pedestrian']
    np.testing.assert_allclose(found['gt_bboxes_3d'].tensor, [WALKER], atol=1e-5)
    assert {len(values) for values in dataset.data_infos[1]['annos'].values()} == {1}
    assert dataset.data_infos[1]['annos']['group_ids'].tolist() == [8]


@pytest.mark.parametrize(('column', 'value'), UNSOUND)
def test_unsound_objects_of_custom_infos_are_left_out(tmp_path, column, value):
    annos = {
        'gt_bboxes_3d': [spoil(CAR, column, value), WALKER],
        'gt_names': ['Car', 'Dog'],
        'weights': np.array([1, 2]),
        'weather': 'rain',
    }
    frames = [{'sample_idx': 'a7', 'pts_path': 'cloud.bin', 'annos': annos}]
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(frames))
    with pytest.warns(UserWarning, match=r'infos\.pkl: left out 1 of 2.*frame 0 \(a7\) \(Car\)'):
        dataset = Custom3DDataset(str(tmp_path), str(tmp_path / 'infos.pkl'), classes=['Dog'])
    np.testing.assert_allclose(dataset.get_ann_info(0)['gt_bboxes_3d'].tensor, [WALKER])
    kept = dataset.data_infos[0]['annos']
    assert kept['weights'].tolist() == [2] and kept['weather'] == 'rain'


@pytest.mark.parametrize(('column', 'value'), UNSOUND)
def test_unsound_objects_are_not_sampled(tmp_path, column, value):
    boxes = [spoil(CAR, column, value), np.array(CAR)]
    entries = [
        {'name': 'Car', 'path': f'{i}_Car_0.bin', 'box3d_lidar': box, 'group_id': i}
        for i, box in enumerate(boxes)
    ]
    (tmp_path / 'db.pkl').write_bytes(pickle.dumps({'Car': entries}))
    with pytest.warns(UserWarning, match=r'db\.pkl: left out 1 of 2 objects.*Car 0_Car_0\.bin'):
        sampler = DataBaseSampler(
            str(tmp_path / 'db.pkl'), str(tmp_path), 1.0, {}, {'Car': 5}, classes=['Car']
        )
    assert [entry['path'] for entry in sampler.db_infos['Car']] == ['1_Car_0.bin']


@pytest.mark.parametrize('value', [np.nan, np.inf, 1e300, -1e30])
def test_velocities_that_are_not_known_are_zero(tmp_path, value):
    box = np.array([*CAR, value, 2.0])
    frames = [
        {
            'sample_idx': 0,
            'pts_path': 'cloud.bin',
            'annos': {'gt_bboxes_3d': [box], 'gt_names': ['Car']},
        }
    ]
    entry = {'name': 'Car', 'path': '0_Car_0.bin', 'box3d_lidar': box, 'group_id': 0}
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(frames))
    (tmp_path / 'db.pkl').write_bytes(pickle.dumps({'Car': [entry]}))
    np.ones((3, 4), np.float32).tofile(tmp_path / '0_Car_0.bin')
    dataset = Custom3DDataset(str(tmp_path), str(tmp_path / 'infos.pkl'), classes=['Car'])
    assert dataset.get_ann_info(0)['gt_bboxes_3d'].tensor[0, 7:].tolist() == [0, 2]
    sampler = DataBaseSampler(
        str(tmp_path / 'db.pkl'), str(tmp_path), 1.0, {}, {'Car': 1}, classes=['Car']
    )
    sampled = sampler.sample_all(np.zeros((0, 9)), np.zeros(0, np.int64))
    assert sampled['gt_bboxes_3d'][0, 7:].tolist() == [0, 2]


def test_a_flood_of_unsound_objects_is_one_short_warning(tmp_path):
    (tmp_path / 'a.txt').write_text('\n'.join([LINE.format(0, 0, 0, 0, 0)] * 300))
    with pytest.warns(UserWarning, match=r'left out 300 of 300.*line 5 \(Car\), \.\.\.') as caught:
        read_label(tmp_path / 'a.txt')
    assert len(caught) == 1 and len(str(caught[0].message)) < 400


@pytest.mark.parametrize(('factor', 'words'), [(100, 'centimetres'), (1000, 'millimetres')])
def test_sizes_in_another_unit_are_kept_with_a_warning(tmp_path, factor, words):
    boxes = np.array([CAR, CAR])
    boxes[:, 3:6] *= factor
    annos = {'gt_bboxes_3d': boxes, 'gt_names': ['Car', 'Car']}
    frames = [{'sample_idx': 0, 'pts_path': 'cloud.bin', 'annos': annos}]
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(frames))
    with pytest.warns(UserWarning, match=f'2 of 2 objects are longer than 50 m.*{words}'):
        dataset = Custom3DDataset(str(tmp_path), str(tmp_path / 'infos.pkl'), classes=['Car'])
    assert len(dataset.get_ann_info(0)['gt_names']) == 2


def test_conversion_counts_objects_in_another_unit_once(tmp_path, make_kitti_frames):
    root = make_kitti_frames({'000000': LINE.format(150, 160, 390, 0, 0), '000001': GOOD})
    with pytest.warns(UserWarning) as caught:
        create_kitti_data(root, tmp_path / 'out')
    (text,) = [str(each.message) for each in caught if 'metres' in str(each.message)]
    assert 'label_2: 1 of 2 objects are longer than 50 m (the first: 390 m)' in text


def test_conversion_leaves_unsound_objects_out_of_infos_and_database(tmp_path, make_kitti_frames):
    root = make_kitti_frames({'000000': f'{LINE.format(0, 1.6, 4, 0, 0)}\n{GOOD}\n{DONT_CARE}'})
    with pytest.warns(UserWarning, match=r'label_2/000000\.txt: left out 1 of 3.*line 1 \(Car\)'):
        create_kitti_data(root, tmp_path / 'out')
    (info,) = pickle.loads((tmp_path / 'out/kitti_infos_train.pkl').read_bytes())
    assert info['annos']['index'].tolist() == [0, -1]
    assert {len(values) for values in info['annos'].values()} == {2}
    database = pickle.loads((tmp_path / 'out/kitti_dbinfos_train.pkl').read_bytes())
    assert [entry['gt_idx'] for entry in database['Car']] == [0]


@pytest.mark.parametrize(
    ('column', 'value'), [(3, 1e38), (3, -1e38), (3, 7e4), (3, 1e300), (0, 1e9), (2, -1e30)]
)
def test_points_with_values_of_no_scanner_are_dropped_with_a_warning(tmp_path, column, value):
    cloud = np.random.default_rng(0).uniform(0, 1, (300, 4))
    cloud[7, column] = value
    with np.errstate(over='ignore'):
        cloud.astype(np.float32).tofile(tmp_path / '000008.bin')
    with pytest.warns(UserWarning, match=r'000008\.bin: dropped 1 of 300 points') as caught:
        points = read_points(tmp_path / '000008.bin')
    assert len(caught) == 1 and len(points) == 299 and np.abs(points).max() <= 1


def test_intensities_of_sixteen_bits_and_map_coordinates_are_kept(tmp_path):
    cloud = np.random.default_rng(0).uniform(0, 1, (50, 4)) * [5e6, 5e6, 1, 65535]
    cloud.astype(np.float32).tofile(tmp_path / 'a.bin')
    assert len(read_points(tmp_path / 'a.bin')) == 50


def test_points_of_no_scanner_do_not_come_through_conversion(tmp_path, make_kitti_frames):
    root = make_kitti_frames({'000000': GOOD})
    path = root / 'training/velodyne/000000.bin'
    cloud = np.fromfile(path, np.float32).reshape(-1, 4)
    cloud[:5, 3] = 1e38
    cloud.tofile(path)
    with pytest.warns(UserWarning, match=r'000000\.bin: dropped 5 of 500 points'):
        create_kitti_data(root, tmp_path / 'out')
    reduced = np.fromfile(tmp_path / 'out/training/velodyne_reduced/000000.bin', np.float32)
    assert reduced.max() < 1e3


@pytest.mark.parametrize('column', ['x', 'height', 'rotation_y'])
def test_objects_with_huge_numbers_are_left_out(tmp_path, column):
    words = GOOD.split()
    words[{'height': 8, 'x': 11, 'rotation_y': 14}[column]] = '1e30'
    (tmp_path / 'a.txt').write_text(f'{GOOD}\n{" ".join(words)}\n')
    with pytest.warns(UserWarning, match=r'a\.txt: left out 1 of 2.*beyond 1e\+06: line 2'):
        assert len(read_label(tmp_path / 'a.txt')['name']) == 1


@pytest.mark.parametrize(
    ('place', 'value', 'message'),
    [
        (2, '1e300', "occluded is '1e300', expected a whole number from 0 to 3, or -1"),
        (2, '-1e19', "occluded is '-1e19'"),
        (2, '1e400', "occluded is '1e400'"),
        (1, '1e300', "truncated is '1e300', expected a number between"),
        (4, 'inf', "left is 'inf', expected a number between"),
        (3, '-2e6', "alpha is '-2e6', expected a number between"),
    ],
)
def test_numbers_that_nothing_has_are_refused_by_line_and_column(tmp_path, place, value, message):
    words = GOOD.split()
    words[place] = value
    (tmp_path / 'a.txt').write_text(f'{GOOD}\n{" ".join(words)}\n')
    with pytest.raises(DataFormatError, match=rf'a\.txt, line 2: {message}'):
        read_label(tmp_path / 'a.txt')


@pytest.mark.parametrize('value', ['1e300', 'nan', '-inf', '2e6'])
@pytest.mark.parametrize('key', ['P2', 'R0_rect', 'Tr_velo_to_cam'])
def test_calibrations_with_huge_numbers_are_refused(tmp_path, make_kitti_frames, key, value):
    path = make_kitti_frames({'000000': GOOD}) / 'training/calib/000000.txt'
    lines = path.read_text().splitlines()
    changed = [f'{line[:-1]}{value}' if line.startswith(key) else line for line in lines]
    path.write_text('\n'.join(changed))
    with pytest.raises(DataFormatError, match=rf'000000\.txt: {key} '):
        read_calib(path)
