import numpy as np
import pytest

from mmdet3d.apis import inference_detector, init_model

CONFIGS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-'


@pytest.fixture(scope='module')
def model():
    return init_model(f'{CONFIGS}3class_student_16x.py', device='cpu')


@pytest.fixture(scope='module')
def frame(kitti_sample):
    return kitti_sample / 'training' / 'velodyne' / '000008.bin'


def test_a_file_and_its_points_give_the_same_detections(model, frame):
    from_file, batch = inference_detector(model, frame)
    points = np.fromfile(frame, dtype=np.float32).reshape(-1, 4)
    from_points, _ = inference_detector(model, points)
    assert len(from_file) == 1
    assert len(from_file[0]['boxes_3d']) > 0
    for key in ('scores_3d', 'labels_3d'):
        assert from_file[0][key].tolist() == from_points[0][key].tolist()
    assert batch['img_metas'][0][0]['pts_filename'] == str(frame)


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


def test_a_cloud_without_points_has_a_result(model):
    (result,), _ = inference_detector(model, np.zeros((0, 4), dtype=np.float32))
    assert len(result['boxes_3d']) == len(result['scores_3d'])


def test_a_missing_cloud_is_named(model):
    with pytest.raises(FileNotFoundError, match=r'nowhere\.bin'):
        inference_detector(model, 'nowhere.bin')
