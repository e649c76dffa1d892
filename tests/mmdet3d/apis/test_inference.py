import warnings

import numpy as np
import pytest
import torch
from mmcv import Config
from support import shrink_point_rcnn
from support.cloud_files import named, write_pcd, write_ply

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.utils.config import load_config

CONFIGS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-'
XYZI = ['x', 'y', 'z', 'intensity']


@pytest.fixture(scope='module')
def model():
    return init_model(f'{CONFIGS}3class_student_16x.py', device='cpu')


@pytest.fixture(scope='module')
def frame(kitti_sample):
    return kitti_sample / 'training' / 'velodyne' / '000008.bin'


@pytest.fixture(scope='module')
def points(frame):
    return np.fromfile(frame, dtype=np.float32).reshape(-1, 4)


@pytest.fixture(scope='module')
def expected(model, frame):
    (result,), _ = inference_detector(model, frame)
    return result


def assert_same(result, other):
    assert len(other['boxes_3d']) > 0
    for key in ('scores_3d', 'labels_3d'):
        assert result[key].tolist() == other[key].tolist()


def test_a_file_and_its_points_give_the_same_detections(model, frame):
    from_file, batch = inference_detector(model, frame)
    points = np.fromfile(frame, dtype=np.float32).reshape(-1, 4)
    from_points, _ = inference_detector(model, points)
    assert len(from_file) == 1
    assert len(from_file[0]['boxes_3d']) > 0
    for key in ('scores_3d', 'labels_3d'):
        assert from_file[0][key].tolist() == from_points[0][key].tolist()
    assert batch['img_metas'][0][0]['pts_filename'] == str(frame)


@pytest.mark.parametrize('suffix', ['.npy', '.pcd', '.PLY'])
def test_a_cloud_in_another_format_gives_the_same_detections(
    model, points, expected, tmp_path, suffix
):
    path = tmp_path / f'cloud{suffix}'
    if suffix == '.npy':
        np.save(path, points.astype(np.float64))
    elif suffix == '.pcd':
        write_pcd(path, named(points[:, [3, 0, 1, 2]], ['i', 'x', 'y', 'z']), 'binary_compressed')
    else:
        write_ply(path, named(points, XYZI))
    (result,), batch = inference_detector(model, str(path))
    assert_same(result, expected)
    assert batch['img_metas'][0][0]['pts_filename'] == str(path)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_a_value_that_is_not_finite_costs_one_point(model, points, expected, value):
    broken = np.concatenate([points, points[:1]])
    broken[-1, 3] = value
    before = broken.copy()
    for given in (broken, torch.from_numpy(broken.copy()).requires_grad_()):
        with pytest.warns(UserWarning, match=f'dropped 1 of {len(broken)} points'):
            (result,), _ = inference_detector(model, given)
        assert_same(result, expected)
    np.testing.assert_array_equal(broken, before)


def test_several_clouds_are_one_batch(model, frame, points, expected):
    given = [frame, points[::2], torch.from_numpy(points.copy()), np.zeros((0, 4))]
    results, batch = inference_detector(model, [*given, LiDARPoints(points, points_dim=4)])
    assert len(results) == len(batch['points'][0]) == 5
    for result in (results[0], results[2], results[4]):
        assert_same(result, expected)
    (alone,), _ = inference_detector(model, points[::2])
    assert results[1]['scores_3d'].tolist() == alone['scores_3d'].tolist()
    results, _ = inference_detector(model, (frame,))
    assert len(results) == 1


def test_columns_are_chosen_as_the_config_does(points, expected):
    cfg = load_config(f'{CONFIGS}3class_student_16x.py')
    cfg = Config({**cfg._cfg_dict, 'seed': 0})
    cfg.data.test.pipeline[0].update(load_dim=6, use_dim=[0, 1, 2, 4])
    torch.manual_seed(0)
    model = init_model(cfg, device='cpu')
    wide = np.insert(points, [3, 4], 9, axis=1)
    results, _ = inference_detector(model, [wide, points])
    assert_same(*results)
    with pytest.raises(DataFormatError, match=r'expected \(N, 6\), or \(N, 4\) with columns'):
        inference_detector(model, points[:, [0, 1, 2, 3, 3]])


@pytest.mark.parametrize(
    ('given', 'error', 'message'),
    [
        ([], ValueError, 'no cloud was given'),
        (None, TypeError, 'of type NoneType'),
        ([[1.0, 2.0, 3.0, 0.5]], TypeError, 'of type list'),
        (np.zeros((9, 3)), DataFormatError, r'3 columns; expected \(N, 4\).*load_dim=4'),
        (np.zeros(36), DataFormatError, r'shape \(36,\)'),
        (np.zeros((9, 4), np.uint8), DataFormatError, 'uint8'),
        (np.full((9, 4), 'x'), DataFormatError, '<U1'),
    ],
)
def test_what_is_no_cloud_is_refused(model, given, error, message):
    with pytest.raises(error, match=message):
        inference_detector(model, given)


def test_a_cloud_in_camera_coordinates_is_warned_about(model, points):
    ahead = points[points[:, 0] > 3]
    with pytest.warns(UserWarning, match='almost none lie in the range .*camera coordinates'):
        inference_detector(model, ahead[:, [1, 2, 0, 3]] * np.float32([-1, -1, 1, 1]))


def test_a_cloud_out_of_the_voxels_is_warned_about_without_a_filter_too(points):
    cfg = load_config(f'{CONFIGS}3class_student_16x.py')
    for step in list(cfg.data.test.pipeline[1].transforms):
        if step.type == 'PointsRangeFilter':
            cfg.data.test.pipeline[1].transforms.remove(step)
    model = init_model(cfg, device='cpu')
    with pytest.warns(UserWarning, match='almost none lie in the range'):
        inference_detector(model, points + np.float32([0, 0, 90, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        inference_detector(model, points)


def test_a_pipeline_that_loads_no_points_is_named(points):
    cfg = load_config(f'{CONFIGS}3class_student_16x.py')
    del cfg.data.test.pipeline[0]
    with pytest.raises(ValueError, match='begins with MultiScaleFlipAug3D; expected LoadPoints'):
        inference_detector(init_model(cfg, device='cpu'), points)


def test_point_rcnn_takes_points_of_any_number(points):
    cfg = load_config('configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_16x.py')
    cfg.merge_from_dict({**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(4)})
    model = init_model(cfg, device='cpu')
    results, batch = inference_detector(model, [points, points[:100], np.zeros((0, 4))])
    assert len(results) == 3
    assert {tuple(cloud.shape) for cloud in batch['points'][0]} == {(512, 4)}


def test_a_sweep_of_nuscenes_and_its_points_give_the_same_detections(nuscenes_sample):
    name = 'configs/pointpillars/hv_pointpillars_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py'
    model = init_model(name, device='cpu')
    sweep = nuscenes_sample / 'LIDAR_TOP.pcd.bin'
    (from_file,), batch = inference_detector(model, sweep)
    points = np.fromfile(sweep, dtype=np.float32).reshape(-1, 5)
    before = points.copy()
    (from_points,), _ = inference_detector(model, points)
    assert np.array_equal(points, before)
    assert batch['points'][0][0].shape[1] == 4
    assert (batch['points'][0][0][:, 3] == 0).all()  # the lag of the key frame
    found, again = (each['pts_bbox']['scores_3d'] for each in (from_file, from_points))
    assert len(found) > 0 and found.tolist() == again.tolist()
    points[5, 2] = np.nan
    with pytest.warns(UserWarning, match='dropped 1 of'):
        (broken,), _ = inference_detector(model, torch.from_numpy(points))
    assert len(broken['pts_bbox']['scores_3d']) > 0


def test_a_cloud_without_points_has_a_result(model):
    (result,), _ = inference_detector(model, np.zeros((0, 4), dtype=np.float32))
    assert len(result['boxes_3d']) == len(result['scores_3d'])


def test_a_missing_cloud_is_named(model):
    with pytest.raises(FileNotFoundError, match=r'nowhere\.bin'):
        inference_detector(model, 'nowhere.bin')


def test_a_checkpoint_that_carries_its_config_needs_no_file(deployed, frame):
    whole = init_model(checkpoint=deployed / 'weights.pth', device='cpu')
    usual = init_model(deployed / 'config.py', deployed / 'weights.pth', 'cpu')
    assert whole.CLASSES == usual.CLASSES == ('Pedestrian', 'Cyclist', 'Car')
    (found,), _ = inference_detector(whole, frame)
    (expected,), _ = inference_detector(usual, frame)
    assert_same(found, expected)
    assert torch.equal(found['boxes_3d'].tensor, expected['boxes_3d'].tensor)


@pytest.mark.parametrize(
    'config, said',
    [
        (None, 'carries no config: give the config file too'),
        ("model = dict(type=open('executed', 'w'))", 'line 1: open'),
        ("filename = 'a'\nmodel = dict()", 'cannot be one'),
        ('voxel_size = [1]', 'lacks model or data'),
        ('modle = dict(type=1)\ndata = dict()', 'lacks model or data'),
    ],
)
def test_a_checkpoint_whose_config_will_not_do_is_named(
    deployed, tmp_path, monkeypatch, config, said
):
    monkeypatch.chdir(tmp_path)
    content = torch.load(deployed / 'weights.pth', weights_only=True)
    torch.save({**content, 'meta': {} if config is None else {'config': config}}, 'other.pth')
    with pytest.raises(ValueError, match=said) as caught:
        init_model(checkpoint='other.pth', device='cpu')
    assert 'other.pth' in str(caught.value)
    assert not (tmp_path / 'executed').exists()


def test_something_has_to_be_given():
    with pytest.raises(ValueError, match='neither config nor checkpoint'):
        init_model()
