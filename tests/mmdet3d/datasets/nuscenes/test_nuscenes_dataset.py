"""NuScenesDataset on generated drives and on the sample."""

import copy
import json
import pickle
import shutil

import numpy as np
import pytest
import torch
from mmcv import Config

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets import Compose, NuScenesDataset, build_dataset
from mmdet3d.datasets.nuscenes import CLASSES
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes


@pytest.fixture
def data_config(repo_root, nuscenes_root, nuscenes_data):
    """The shipped data config, with paths of the generated drives."""
    data = Config.fromfile(repo_root / 'configs/_base_/datasets/nus-3d.py').data
    text = json.dumps(data).replace(
        'data/nuscenes/nuscenes_infos', f'{nuscenes_data}/nuscenes_infos'
    )
    return json.loads(text.replace('data/nuscenes/', f'{nuscenes_root}/'))


def test_the_detectors_have_the_shipped_data_config_as_it_is(repo_root):
    """Those of the detectors equal mmdetection3d's: configs/test_shipped_configs.py."""
    configs = repo_root / 'configs'
    base = Config.fromfile(configs / '_base_/datasets/nus-3d.py')._cfg_dict
    name = 'pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
    detector = Config.fromfile(configs / name)._cfg_dict
    assert {'data', 'evaluation', 'train_pipeline', 'class_names'} <= set(base)
    assert base == {key: detector[key] for key in base}


def test_the_shipped_data_sets_give_frames(data_config):
    train = build_dataset(data_config['train'])
    frame = train[1]
    points, boxes = frame['points'].data, frame['gt_bboxes_3d'].data
    labels = frame['gt_labels_3d'].data
    assert points.shape[1] == 4 and len(points) > 50_000
    assert len(torch.unique(points[:, 3])) == 11
    assert boxes.tensor.shape == (len(labels), 9) and len(labels) > 10
    assert labels.min() >= 0 and labels.max() < 10
    now = points[points[:, 3] == 0, :3].numpy()
    assert np.mean(points_in_boxes(now, boxes.tensor[:, :7].numpy()).any(axis=0)) > 0.9
    for part in ('val', 'test'):
        dataset = build_dataset(data_config[part], {'test_mode': True})
        frame = dataset[2]
        assert len(dataset) == 3 and frame['points'][0].data.shape[1] == 4
        meta = frame['img_metas'][0].data
        assert meta['sample_idx'] == dataset.data_infos[2]['token']


def test_boxes_stand_on_their_bottom_with_velocity(make_dataset):
    dataset = make_dataset('train')
    info, annos = dataset.data_infos[1], dataset.get_ann_info(1)
    seen = info['num_lidar_pts'] > 0
    boxes = annos['gt_bboxes_3d']
    assert isinstance(boxes, LiDARInstance3DBoxes)
    np.testing.assert_allclose(boxes.gravity_center, info['gt_boxes'][seen, :3], atol=1e-5)
    np.testing.assert_allclose(boxes.tensor[:, 3:7], info['gt_boxes'][seen, 3:], atol=1e-5)
    expected = np.nan_to_num(info['gt_velocity'][seen])
    np.testing.assert_allclose(boxes.tensor[:, 7:], expected, atol=1e-5)
    assert [CLASSES[label] for label in annos['gt_labels_3d']] == annos['gt_names'].tolist()


def test_unknown_velocities_are_zero_and_can_be_left_out(make_dataset, infos):
    assert any(np.isnan(info['gt_velocity']).any() for info in infos)
    for split in ('train', 'val'):
        dataset, without = make_dataset(split), make_dataset(split, with_velocity=False)
        for index in range(3):
            assert torch.isfinite(dataset.get_ann_info(index)['gt_bboxes_3d'].tensor).all()
            assert without.get_ann_info(index)['gt_bboxes_3d'].tensor.shape[1] == 7


def test_velocities_turn_flip_and_grow_with_the_scene(make_dataset):
    """Boxes a second later stay ahead of themselves by their velocity through augmentation."""
    now = make_dataset('train').get_ann_info(1)['gt_bboxes_3d']
    later = now.clone()
    later.tensor[:, :2] += later.tensor[:, 7:9]
    np.random.seed(1)
    steps = Compose(
        [
            {'type': 'GlobalRotScaleTrans', 'translation_std': [1, 1, 1]},
            {'type': 'RandomFlip3D', 'sync_2d': False, 'flip_ratio_bev_horizontal': 0.5}
            | {'flip_ratio_bev_vertical': 0.5},
        ]
    )
    flips = set()
    for _ in range(12):
        frame = {
            'points': LiDARPoints(np.zeros((0, 4), np.float32), points_dim=4),
            'now': now.clone(),
            'later': later.clone(),
            'bbox3d_fields': ['now', 'later'],
        }
        frame = steps(frame)
        moved = frame['later'].tensor[:, :2] - frame['now'].tensor[:, :2]
        np.testing.assert_allclose(moved, frame['now'].tensor[:, 7:9], atol=1e-4)
        speed = frame['now'].tensor[:, 7:9].norm(dim=1)
        expected = now.tensor[:, 7:9].norm(dim=1) * frame['pcd_scale_factor']
        np.testing.assert_allclose(speed, expected, atol=1e-5)
        flips.add((frame['pcd_horizontal_flip'], frame['pcd_vertical_flip']))
    assert len(flips) == 4


def test_objects_without_lidar_points_are_left_out(tmp_path, make_dataset, infos):
    changed = {**infos[1], 'num_lidar_pts': infos[1]['num_lidar_pts'].copy()}
    changed['num_lidar_pts'][:5] = 0
    file = write_infos(tmp_path, [changed])
    count = np.count_nonzero(changed['num_lidar_pts'])
    boxes = make_dataset(ann_file=file).get_ann_info(0)['gt_bboxes_3d']
    assert len(boxes) == count
    by_flag = make_dataset(ann_file=file, use_valid_flag=True).get_ann_info(0)['gt_bboxes_3d']
    assert len(by_flag) == np.count_nonzero(changed['valid_flag']) > count


def write_infos(folder, infos, **metadata):
    path = folder / 'infos.pkl'
    content = {'infos': infos, 'metadata': {'version': 'v1.0-mini', **metadata}}
    path.write_bytes(pickle.dumps(content))
    return str(path)


def test_frames_are_in_the_order_of_time_and_thinned_out(tmp_path, make_dataset, infos):
    file = write_infos(tmp_path, infos[::-1])
    dataset = make_dataset(ann_file=file)
    stamps = [info['timestamp'] for info in dataset.data_infos]
    assert stamps == sorted(stamps) and len(dataset) == 6
    thin = make_dataset(ann_file=file, load_interval=2)
    assert [info['timestamp'] for info in thin.data_infos] == stamps[::2]


def test_clouds_are_found_below_data_root_after_a_move(
    tmp_path, make_dataset, nuscenes_root, infos
):
    (tmp_path / 'moved').mkdir()
    for name in ('samples', 'sweeps'):
        shutil.copytree(nuscenes_root / name, tmp_path / 'moved' / name)
    old = str(nuscenes_root)
    moved = copy.deepcopy(infos[1:2])
    moved[0]['lidar_path'] = moved[0]['lidar_path'].replace(old, '/elsewhere')
    for sweep in moved[0]['sweeps']:
        sweep['data_path'] = sweep['data_path'].replace(old, './data/nuscenes')
    dataset = make_dataset(
        ann_file=write_infos(tmp_path, moved), data_root=str(tmp_path / 'moved'), test_mode=True
    )
    data = dataset.get_data_info(0)
    assert data['pts_filename'].startswith(str(tmp_path / 'moved'))
    load = [
        {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 5, 'use_dim': 5},
        {'type': 'LoadPointsFromMultiSweeps'},
    ]
    assert len(torch.unique(Compose(load)(data)['points'].tensor[:, 3])) == 11


def test_files_from_before_v1_are_converted(tmp_path, make_dataset, infos):
    old = dict(infos[1])
    x, y, z, length, width, height, yaw = old['gt_boxes'].T
    old['gt_boxes'] = np.stack([x, y, z, width, length, height, -yaw - np.pi / 2], axis=1)
    with pytest.warns(UserWarning, match=r'before v1\.0; converted'):
        dataset = make_dataset(ann_file=write_infos(tmp_path, [old]))
    found = dataset.get_ann_info(0)['gt_bboxes_3d'].tensor.numpy()
    new = make_dataset(ann_file=write_infos(tmp_path, [infos[1]]))
    expected = new.get_ann_info(0)['gt_bboxes_3d'].tensor.numpy()
    np.testing.assert_allclose(np.cos(found[:, 6] - expected[:, 6]), 1, atol=1e-6)
    np.testing.assert_allclose(np.delete(found, 6, 1), np.delete(expected, 6, 1), atol=1e-5)


def test_the_example_of_mmdetection3d_loads(tmp_path, example):
    info = {k: np.array(v) if k.startswith('gt_') else v for k, v in example.items()}
    with pytest.warns(UserWarning, match='converted'):
        dataset = NuScenesDataset(ann_file=write_infos(tmp_path, [info]))
    annos = dataset.get_ann_info(0)
    assert len(annos['gt_names']) == np.count_nonzero(info['num_lidar_pts'])
    cars = annos['gt_bboxes_3d'].tensor[annos['gt_names'] == 'car']
    assert (cars[:, 3] > cars[:, 4]).all()


def test_the_sample_loads_and_its_boxes_hold_their_points(tmp_path, nuscenes_sample):
    cloud = nuscenes_sample / 'LIDAR_TOP.pcd.bin'
    annotation = json.loads((nuscenes_sample / 'annotation.json').read_text())
    objects = annotation['instances']
    names = {label: name for name, label in annotation['metainfo']['categories'].items()}
    counted = np.array([each['num_lidar_pts'] for each in objects])
    info = {
        'lidar_path': str(cloud),
        'token': annotation['token'],
        'sweeps': [],
        'timestamp': round(annotation['timestamp'] * 1e6),
        'gt_boxes': np.array([each['bbox_3d'] for each in objects]),
        'gt_names': np.array([names.get(each['bbox_label_3d'], 'ignored') for each in objects]),
        'gt_velocity': np.array([each['velocity'] for each in objects]),
        'num_lidar_pts': counted,
        'valid_flag': counted > 0,
    }
    pipeline = [
        {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 5, 'use_dim': 5},
        {'type': 'LoadPointsFromMultiSweeps', 'sweeps_num': 10},
        {'type': 'LoadAnnotations3D'},
        {'type': 'DefaultFormatBundle3D', 'class_names': CLASSES},
        {'type': 'Collect3D', 'keys': ['points', 'gt_bboxes_3d', 'gt_labels_3d']},
    ]
    dataset = NuScenesDataset(ann_file=write_infos(tmp_path, [info]), pipeline=pipeline)
    frame = dataset[0]
    points, boxes = frame['points'].data.numpy(), frame['gt_bboxes_3d'].data.tensor.numpy()
    assert points.shape == (cloud.stat().st_size // 20, 4) and not points[:, 3].any()
    inside = points_in_boxes(points[:, :3], boxes[:, :7]).sum(axis=0)
    counted = counted[counted > 0]
    many = counted >= 10
    assert many.sum() > 10
    assert np.all(inside[many] > 0.7 * counted[many])
    assert abs(inside.sum() - counted.sum()) < 0.05 * counted.sum()


def test_classes_can_be_chosen_and_the_others_are_minus_one(make_dataset):
    dataset = make_dataset('train', classes=['pedestrian', 'car'])
    annos = dataset.get_ann_info(1)
    expected = [{'pedestrian': 0, 'car': 1}.get(name, -1) for name in annos['gt_names']]
    assert annos['gt_labels_3d'].tolist() == expected
    assert dataset.get_cat_ids(1) == [0, 1]


def test_balanced_sampling_gives_every_class_its_share(tmp_path, make_dataset, infos):
    cut = [keep_only(infos[1], names) for names in [['car']] * 8 + [['car', 'bus']] + [['truck']]]
    file = write_infos(tmp_path, cut)
    inner = dict(type='NuScenesDataset', ann_file=file, classes=['car', 'bus', 'truck'])
    np.random.seed(0)
    dataset = build_dataset(dict(type='CBGSDataset', dataset=inner))
    # 11 (frame, class) pairs, so each of the three classes is given 3 frames.
    assert len(dataset) == 9 and dataset.CLASSES == ['car', 'bus', 'truck']
    assert dataset.sample_indices[3:] == [8, 8, 8, 9, 9, 9]
    assert set(dataset.sample_indices[:3]) <= set(range(9))
    assert [dataset.get_cat_ids(i) for i in (4, 8)] == [[0, 1], [2]]
    assert dataset.get_ann_info(8)['gt_labels_3d'].tolist() == [2] * len(
        dataset.get_ann_info(8)['gt_names']
    )
    assert dataset.flag.shape == (9,)


def keep_only(info, names):
    keep = np.isin(info['gt_names'], names) & (info['num_lidar_pts'] > 0)
    keys = ('gt_boxes', 'gt_names', 'gt_velocity', 'num_lidar_pts', 'num_radar_pts', 'valid_flag')
    return {**info, **{key: info[key][keep] for key in keys}}


def test_balancing_without_a_class_warns_and_without_any_object_fails(tmp_path, infos):
    inner = dict(type='NuScenesDataset', classes=['car', 'bus'])
    file = write_infos(tmp_path, [keep_only(infos[1], ['car'])] * 4)
    with pytest.warns(UserWarning, match=r"no frame has an object of \['bus'\]"):
        dataset = build_dataset(dict(type='CBGSDataset', dataset={**inner, 'ann_file': file}))
    assert len(dataset) == 2
    file = write_infos(tmp_path, [keep_only(infos[1], [])])
    with pytest.raises(ValueError, match='there is nothing to balance'):
        build_dataset(dict(type='CBGSDataset', dataset={**inner, 'ann_file': file}))


def test_unknown_classes_are_named_with_the_known_ones(make_dataset):
    with pytest.raises(ValueError, match=r"classes names \['Car', 'tram'\].*its classes are car, "):
        make_dataset(classes=['Car', 'bus', 'tram'])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'load_interval': 0}, 'load_interval is 0; expected 1 or more'),
        ({'box_type_3d': 'Camera'}, "nuScenes has boxes for 'LiDAR' only"),
        ({'modality': {'use_camera': True}}, 'cameras are not supported'),
    ],
)
def test_wrong_arguments_are_refused(make_dataset, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_dataset(**arguments)


@pytest.mark.parametrize(
    ('column', 'value'), [(3, 0), (5, -1), (4, np.nan), (0, np.inf), (6, np.nan)]
)
def test_unsound_objects_are_left_out_with_a_warning(tmp_path, make_dataset, infos, column, value):
    changed = {**infos[1], 'gt_boxes': infos[1]['gt_boxes'].copy()}
    changed['gt_boxes'][2, column] = value
    file = write_infos(tmp_path, [infos[2], changed])
    with pytest.warns(UserWarning, match=rf'infos\.pkl: left out 1 of .*{changed["token"]}'):
        dataset = make_dataset(ann_file=file)
    kept = np.delete(np.arange(len(changed['gt_names'])), 2)
    info = dataset.data_infos[0]
    for key in ('gt_boxes', 'gt_names', 'gt_velocity', 'num_lidar_pts', 'valid_flag'):
        np.testing.assert_array_equal(info[key], np.asarray(changed[key])[kept])
    assert torch.isfinite(dataset.get_ann_info(0)['gt_bboxes_3d'].tensor).all()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'gt_names': ['car']}, r'sample \w+: the arrays of the objects differ in length'),
        ({'gt_names': None}, r'sample \w+: gt_names is no array of text \(it is None\)'),
        ({'gt_boxes': [[1, 2], [3]]}, r'sample \w+: gt_boxes is no array of numbers'),
        ({'gt_boxes': np.zeros((3, 9))}, r'sample \w+: gt_boxes has the shape \(3, 9\)'),
    ],
)
def test_malformed_samples_are_named(tmp_path, make_dataset, infos, change, message):
    with pytest.raises(ValueError, match=rf'infos\.pkl, {message}'):
        make_dataset(ann_file=write_infos(tmp_path, [{**infos[1], **change}]))
    without = {key: value for key, value in infos[1].items() if key != 'lidar_path'}
    with pytest.raises(ValueError, match=r"no info file of nuScenes.*frame 0 .*no \['lidar_path'"):
        make_dataset(ann_file=write_infos(tmp_path, [without]))


def test_samples_without_labels_are_not_trained_on(tmp_path, make_dataset, infos):
    info = {key: value for key, value in infos[1].items() if not key.startswith('gt_')}
    with pytest.raises(ValueError, match=r"infos\.pkl: 1 of 2 frames have no 'gt_boxes'"):
        make_dataset(ann_file=write_infos(tmp_path, [infos[2], info]))


@pytest.mark.parametrize('root', ['.\\data\\nuscenes', 'C:\\data\\nuscenes'])
def test_paths_that_windows_wrote_are_found(tmp_path, make_dataset, nuscenes_root, infos, root):
    moved = copy.deepcopy(infos[1:2])
    for place, key in [
        (moved[0], 'lidar_path'),
        *((each, 'data_path') for each in moved[0]['sweeps']),
    ]:
        place[key] = place[key].replace(str(nuscenes_root), root).replace('/', '\\')
    data = make_dataset(ann_file=write_infos(tmp_path, moved), test_mode=True).get_data_info(0)
    assert data['pts_filename'] == infos[1]['lidar_path']
    assert [each['data_path'] for each in data['sweeps']] == [
        each['data_path'] for each in infos[1]['sweeps']
    ]


def test_names_that_differ_in_case_are_pointed_out(tmp_path, make_dataset, infos):
    names = np.array(['Car' if name == 'car' else name for name in infos[1]['gt_names']])
    file = write_infos(tmp_path, [{**infos[1], 'gt_names': names}])
    with pytest.warns(UserWarning, match=r"infos\.pkl: .*of 'Car' are not 'car'"):
        make_dataset(ann_file=file, classes=['car', 'pedestrian'])


def test_files_that_are_none_of_nuscenes_are_named(tmp_path, make_dataset):
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps([{'image': {}}]))
    with pytest.raises(ValueError, match=r'infos\.pkl is no info file of nuScenes.*this is a list'):
        make_dataset(ann_file=str(tmp_path / 'infos.pkl'))
    with pytest.raises(FileNotFoundError, match=r'for nuScenes: python tools/create_data\.py'):
        make_dataset(ann_file=str(tmp_path / 'absent.pkl'))


def test_frames_of_the_test_set_have_no_annotations(tmp_path, make_dataset, infos):
    info = {key: value for key, value in infos[1].items() if not key.startswith('gt_')}
    dataset = make_dataset(ann_file=write_infos(tmp_path, [info]), test_mode=True)
    assert 'ann_info' not in dataset.get_data_info(0)
    with pytest.raises(KeyError, match="no 'gt_boxes': it belongs to a split without labels"):
        dataset.get_ann_info(0)
