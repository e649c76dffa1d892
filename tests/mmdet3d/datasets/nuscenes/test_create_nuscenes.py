"""The conversion of generated drives, compared with the devkit and with mmdetection3d's files."""

import pickle
import sys

import numpy as np
import pytest

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.nuscenes import create_nuscenes_data
from mmdet3d.datasets.nuscenes.classes import CLASS_OF_CATEGORY
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.abs((first - second + np.pi) % (2 * np.pi) - np.pi)


def test_entries_have_the_keys_and_shapes_of_mmdetection3d(infos, example):
    info = infos[-1]
    assert list(info) == list(example)
    count = len(info['gt_names'])
    for key, value in example.items():
        ours = info[key]
        if key.startswith(('gt_', 'num_', 'valid')):
            shape = np.shape(value)
            assert isinstance(ours, np.ndarray) and ours.shape == (count, *shape[1:]), key
            assert ours.dtype.kind == np.array(value).dtype.kind, key
        else:
            assert isinstance(ours, type(value)), key
            if isinstance(value, list) and key != 'sweeps':
                assert len(ours) == len(value), key


def test_sweeps_have_the_keys_and_shapes_of_the_examples_camera(infos, example):
    camera = example['cams']['CAM_FRONT']
    for sweep in infos[-1]['sweeps']:
        assert list(sweep) == [key for key in camera if key != 'cam_intrinsic']
        for key, value in sweep.items():
            assert np.shape(value) == np.shape(camera[key]), key


def test_files_are_those_of_the_official_splits(nuscenes_data):
    for split, scene in (('train', 'scene-0061'), ('val', 'scene-0103')):
        content = pickle.loads((nuscenes_data / f'nuscenes_infos_{split}.pkl').read_bytes())
        assert content['metadata'] == {'version': 'v1.0-mini'}
        assert len(content['infos']) == 3, scene


def test_boxes_and_velocities_are_the_devkits(infos, devkit):
    for info in infos:
        sample = devkit.get('sample', info['token'])
        _, boxes, _ = devkit.get_sample_data(sample['data']['LIDAR_TOP'])
        assert len(boxes) == len(info['gt_boxes']) > 20
        np.testing.assert_allclose(info['gt_boxes'][:, :3], [b.center for b in boxes], atol=1e-6)
        sizes = [b.wlh[[1, 0, 2]] for b in boxes]
        np.testing.assert_allclose(info['gt_boxes'][:, 3:6], sizes)
        heads = np.array([b.rotation_matrix[:, 0] for b in boxes])
        wrong = angle_between(info['gt_boxes'][:, 6], np.arctan2(heads[:, 1], heads[:, 0]))
        assert wrong.max() < 1e-6
        names = [CLASS_OF_CATEGORY[b.name] for b in boxes]
        assert info['gt_names'].tolist() == names
        for box, velocity in zip(boxes, info['gt_velocity']):
            assert_velocity(devkit, sample, devkit.box_velocity(box.token), velocity)


def assert_velocity(devkit, sample, in_map, in_lidar):
    record = devkit.get('sample_data', sample['data']['LIDAR_TOP'])
    box = devkit.get_box(sample['anns'][0])
    box.velocity = in_map
    for table in ('ego_pose', 'calibrated_sensor'):
        pose = devkit.get(table, record[f'{table}_token'])
        box.rotate(type(box.orientation)(pose['rotation']).inverse)
    np.testing.assert_allclose(in_lidar, box.velocity[:2], atol=1e-9)


def test_counted_points_are_in_the_boxes(infos):
    for info in infos:
        points = np.fromfile(info['lidar_path'], np.float32).reshape(-1, 5)
        boxes = info['gt_boxes'].astype(np.float32)
        boxes[:, 2] -= boxes[:, 5] / 2
        inside = points_in_boxes(points[:, :3], boxes).sum(axis=0)
        # The boxes here stand upright in the scanner's frame, which is tilted by about a degree, so
        # that points at their ends may move in or out.
        counted = info['num_lidar_pts']
        many = counted >= 10
        assert many.sum() > 8 and np.all(inside[many] > 0.7 * counted[many])
        assert abs(inside.sum() - counted.sum()) < 0.03 * counted.sum()
        np.testing.assert_array_equal(info['valid_flag'], info['num_lidar_pts'] > 0)


def test_sweeps_are_the_latest_first_and_none_before_the_scene(infos):
    assert [len(info['sweeps']) for info in infos] == [0, 10, 10] * 2
    lags = [infos[1]['timestamp'] - sweep['timestamp'] for sweep in infos[1]['sweeps']]
    np.testing.assert_array_equal(lags, 50_000 * np.arange(1, 11))


def test_the_number_of_sweeps_is_limited(nuscenes_root, tmp_path):
    summary = create_nuscenes_data(nuscenes_root, tmp_path, 'v1.0-mini', max_sweeps=3)
    assert summary.num_sweeps == 3 * 4
    assert 'train 3, val 3' in str(summary) and 'car ' in str(summary)


def test_cameras_are_described_as_in_the_example(spoiled, tmp_path, example):
    def add_camera(sample_data):
        key_frames = [record for record in sample_data if record['is_key_frame']]
        return sample_data + [
            {
                **record,
                'token': f'cam{i}',
                'calibrated_sensor_token': 'mount',
                'filename': 'c.jpg',
                'fileformat': 'jpg',
            }
            for i, record in enumerate(key_frames)
        ]

    camera = example['cams']['CAM_FRONT']
    root = spoiled(
        sample_data=add_camera,
        sensor=lambda all: [*all, {'token': 'cam', 'channel': 'CAM_FRONT', 'modality': 'camera'}],
        calibrated_sensor=lambda all: [
            *all,
            {
                'token': 'mount',
                'sensor_token': 'cam',
                'translation': camera['sensor2ego_translation'],
                'rotation': camera['sensor2ego_rotation'],
                'camera_intrinsic': camera['cam_intrinsic'],
            },
        ],
    )
    create_nuscenes_data(root, tmp_path, 'v1.0-mini')
    ours = pickle.loads((tmp_path / 'nuscenes_infos_val.pkl').read_bytes())['infos'][0]['cams']
    assert list(ours) == ['CAM_FRONT'] and list(ours['CAM_FRONT']) == list(camera)
    # The cars of the example and of the generator carry camera and scanner at the same places.
    for key in ('sensor2lidar_rotation', 'sensor2lidar_translation', 'cam_intrinsic'):
        np.testing.assert_allclose(ours['CAM_FRONT'][key], camera[key], atol=0.15)


def test_the_test_set_gets_one_file_without_annotations(spoiled, tmp_path):
    def in_test_split(scenes):
        return [{**scenes[0], 'name': 'scene-0077'}, {**scenes[1], 'name': 'scene-0078'}]

    create_nuscenes_data(spoiled('v1.0-test', scene=in_test_split), tmp_path, 'v1.0-test')
    files = [path.name for path in tmp_path.iterdir() if path.is_file()]
    assert files == ['nuscenes_infos_test.pkl']
    infos = pickle.loads((tmp_path / 'nuscenes_infos_test.pkl').read_bytes())['infos']
    assert len(infos) == 6 and 'gt_boxes' not in infos[0]


def test_other_categories_keep_their_name(spoiled, tmp_path):
    def rename(categories):
        return [
            {
                **each,
                'name': 'vehicle.hovercraft' if each['name'] == 'vehicle.car' else each['name'],
            }
            for each in categories
        ]

    summary = create_nuscenes_data(spoiled(category=rename), tmp_path, 'v1.0-mini')
    assert 'vehicle.hovercraft' in summary.objects and 'car' not in summary.objects


@pytest.mark.parametrize(
    'change',
    [{'size': [0, 4, 1]}, {'size': [2, -4, 1]}, {'size': [2, float('nan'), 1]}]
    + [{'translation': [float('inf'), 0, 0]}, {'rotation': [0, 0, 0, 0]}],
)
def test_unsound_annotations_are_left_out_with_one_warning(spoiled, tmp_path, infos, change):
    tokens = []

    def spoil(annotations):
        tokens[:] = [each['token'] for each in annotations[:2]]
        return [{**each, **change} for each in annotations[:2]] + annotations[2:]

    with pytest.warns(UserWarning, match='left out 2 of') as caught:
        summary = create_nuscenes_data(spoiled(sample_annotation=spoil), tmp_path, 'v1.0-mini')
    (text,) = [str(each.message) for each in caught if 'left out' in str(each.message)]
    assert 'sample_annotation.json' in text and all(token in text for token in tokens)
    assert sum(summary.objects.values()) == sum(len(info['gt_names']) for info in infos) - 2


def test_annotations_without_three_sizes_are_named(spoiled, tmp_path):
    root = spoiled(sample_annotation=lambda all: [{**all[0], 'size': [2, 4]}, *all[1:]])
    with pytest.raises(DataFormatError, match=r'annotation \w+ of sample_annotation\.json'):
        create_nuscenes_data(root, tmp_path, 'v1.0-mini')


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'[{"token": ', r'log\.json: Expecting value'),
        ('[]'.encode('utf-16'), r"log\.json: 'utf-8' codec"),
        (b'\xef\xbb\xbf[]', r'log\.json: Unexpected UTF-8 BOM'),
        (b'[{"tokens": 1}]', 'KeyError'),
    ],
)
def test_a_malformed_table_is_named(spoiled, tmp_path, content, words):
    root = spoiled()
    (root / 'v1.0-mini/log.json').write_bytes(content)
    with pytest.raises(DataFormatError, match=rf'tables of v1\.0-mini .*malformed.*{words}'):
        create_nuscenes_data(root, tmp_path, 'v1.0-mini')


def test_a_root_one_level_off_is_pointed_out(nuscenes_root, tmp_path):
    for given in (nuscenes_root / 'v1.0-mini', nuscenes_root.parent):
        with pytest.raises(FileNotFoundError, match=rf'{nuscenes_root.name} has it: is that the'):
            create_nuscenes_data(given, tmp_path, 'v1.0-mini')


def test_scenes_that_were_not_downloaded_are_left_out_with_a_warning(spoiled, tmp_path, infos):
    def point_nowhere(sample_data):
        first = infos[0]['lidar_path'].rsplit('/', 1)[1]
        return [
            {
                **each,
                'filename': 'samples/gone.bin' if first in each['filename'] else each['filename'],
            }
            for each in sample_data
        ]

    with pytest.warns(UserWarning, match=r'left out 1 of 2 scenes.*scene-0061'):
        summary = create_nuscenes_data(spoiled(sample_data=point_nowhere), tmp_path, 'v1.0-mini')
    assert summary.samples == {'train': 0, 'val': 3}


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'absent: there is no such folder'):
        create_nuscenes_data(tmp_path / 'absent', tmp_path, 'v1.0-mini')


def test_a_version_that_is_not_there_is_named_with_those_that_are(nuscenes_root, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no folder v1\.0-trainval.*; it has v1.0-mini'):
        create_nuscenes_data(nuscenes_root, tmp_path, 'v1.0-trainval')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match=r'it has those of no version'):
        create_nuscenes_data(tmp_path / 'empty', tmp_path, 'v1.0-mini')
    with pytest.raises(ValueError, match=r"version is 'mini'; expected one of v1\.0-trainval"):
        create_nuscenes_data(nuscenes_root, tmp_path, 'mini')


def test_a_missing_table_or_map_is_named(spoiled, tmp_path):
    root = spoiled()
    (root / 'v1.0-mini' / 'log.json').unlink()
    with pytest.raises(FileNotFoundError, match=r'not complete: .*log\.json'):
        create_nuscenes_data(root, tmp_path, 'v1.0-mini')
    (root / 'v1.0-mini' / 'log.json').write_text('[]')
    (root / 'maps').unlink()
    with pytest.raises(FileNotFoundError, match=r'not complete: map mask .*maps'):
        create_nuscenes_data(root, tmp_path, 'v1.0-mini')


def test_a_missing_sweep_is_named_with_what_to_do(spoiled, tmp_path, infos):
    gone = infos[1]['sweeps'][4]['data_path'].rsplit('/', 1)[1]

    def point_nowhere(sample_data):
        return [
            {**each, 'filename': each['filename'].replace(gone, 'gone.pcd.bin')}
            for each in sample_data
        ]

    root = spoiled(sample_data=point_nowhere)
    message = r'gone\.pcd\.bin: the sweep that the tables list is missing.*--max-sweeps 0'
    with pytest.raises(FileNotFoundError, match=message):
        create_nuscenes_data(root, tmp_path, 'v1.0-mini')
    assert not list(tmp_path.glob('*.pkl'))
    assert create_nuscenes_data(root, tmp_path, 'v1.0-mini', max_sweeps=0).num_sweeps == 0


def test_a_sample_without_lidar_is_named(spoiled, tmp_path, infos):
    def drop(sample_data):
        return [each for each in sample_data if each['sample_token'] != infos[2]['token']]

    message = f'sample {infos[2]["token"]} has no LIDAR_TOP, only nothing'
    with pytest.raises(DataFormatError, match=message):
        create_nuscenes_data(spoiled(sample_data=drop), tmp_path, 'v1.0-mini')


def test_scenes_of_no_official_split_are_refused(spoiled, tmp_path):
    root = spoiled(scene=lambda scenes: [{**scene, 'name': 'mine'} for scene in scenes])
    with pytest.raises(DataFormatError, match=r'none of the scenes .*mine.*mini_train, mini_val'):
        create_nuscenes_data(root, tmp_path, 'v1.0-mini')


def test_a_negative_number_of_sweeps_is_refused(nuscenes_root, tmp_path):
    with pytest.raises(ValueError, match='max_sweeps is -1, expected 0 or more'):
        create_nuscenes_data(nuscenes_root, tmp_path, 'v1.0-mini', max_sweeps=-1)


def test_a_missing_devkit_is_named_with_how_to_install_it(nuscenes_root, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'nuscenes', None)
    with pytest.raises(ImportError, match=r'pip install nuscenes-devkit==1\.2\.0'):
        create_nuscenes_data(nuscenes_root, tmp_path, 'v1.0-mini')
