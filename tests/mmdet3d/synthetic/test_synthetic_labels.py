import numpy as np
import pytest

from mmdet3d.datasets.kitti import camera_boxes_to_lidar, read_calib, read_label
from mmdet3d.synthetic.kitti.annotate import annotate
from mmdet3d.synthetic.kitti.frame import format_calib, format_label
from mmdet3d.synthetic.sensors.camera import kitti_like_calibration, render
from mmdet3d.synthetic.sensors.lidar import hdl64e, scan
from mmdet3d.synthetic.world.scene import Item
from mmdet3d.synthetic.world.terrain import SENSOR_HEIGHT

CALIBRATION = kitti_like_calibration()


@pytest.fixture
def labels_of(street):
    def annotated(*places, props=()):
        geometry = street(*places, props=props)
        turn = scan(geometry, hdl64e(), np.random.default_rng(0))
        return annotate(geometry, turn, CALIBRATION)

    return annotated


def test_calibration_is_made_of_rotations_and_looks_ahead():
    for matrix in (CALIBRATION.rectification, CALIBRATION.velo_to_cam[:, :3]):
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1)
    pixel, depth = CALIBRATION.project(CALIBRATION.to_rect(np.array([[30.0, 0.0, 0.0]])))
    assert depth[0] == pytest.approx(30, abs=0.5)
    np.testing.assert_allclose(pixel[0], [610, 170], atol=25)


def test_pixels_look_where_their_points_are():
    points = np.array([[20.0, 3.0, -1.0], [8.0, -2.0, 0.5], [60.0, 10.0, 2.0]])
    pixels, _ = CALIBRATION.project(CALIBRATION.to_rect(points))
    ways = points - CALIBRATION.camera_position
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    np.testing.assert_allclose(CALIBRATION.directions(pixels), ways, atol=1e-9)


def test_label_leads_back_to_the_box(labels_of, tmp_path):
    (label,) = labels_of((15.0, 3.0, 0.4))
    (tmp_path / 'label.txt').write_text(format_label(label))
    (tmp_path / 'calib.txt').write_text(format_calib(CALIBRATION))
    annos = read_label(tmp_path / 'label.txt')
    (box,) = camera_boxes_to_lidar(annos, read_calib(tmp_path / 'calib.txt'))
    np.testing.assert_allclose(box, [15, 3, -SENSOR_HEIGHT, 3.9, 1.6, 1.56, 0.4], atol=0.02)
    assert label.truncated == 0 and label.occluded == 0
    # KITTI: alpha is rotation_y seen along the ray to the object.
    x, _, z = annos['location'][0]
    assert annos['alpha'][0] == pytest.approx(annos['rotation_y'][0] - np.arctan2(x, z), abs=0.011)


@pytest.mark.parametrize(
    ('offset', 'level'), [(3.0, 0), (1.35, 1), (1.05, 2)], ids=['beside', 'half behind', 'behind']
)
def test_occlusion_grows_as_a_car_hides_behind_another(labels_of, offset, level):
    labels = labels_of((10.0, 0.0, 0.0), (20.0, offset, 0.0))
    far = max(labels, key=lambda label: label.location[2])
    assert far.occluded == level


def test_a_car_behind_a_wall_has_no_label(labels_of):
    wall = Item('wall', 10.0, 0.0, -SENSOR_HEIGHT, np.pi / 2, (8.0, 0.3, 4.0))
    assert labels_of((20.0, 0.0, 0.0), props=(wall,)) == []


def test_a_car_at_the_border_is_truncated_and_its_box_cut(labels_of):
    (label,) = labels_of((6.0, 4.2, 0.0))
    assert 0.1 < label.truncated < 0.9
    assert label.bbox[0] == 0
    height, width = CALIBRATION.image_shape
    assert label.bbox[2] <= width - 1 and label.bbox[3] <= height - 1


def test_cars_out_of_view_have_no_label_and_far_ones_are_dont_care(labels_of):
    assert labels_of((-15.0, 0.0, 0.0), (5.0, 15.0, 0.0)) == []
    (label,) = labels_of((78.0, 0.0, 0.0))
    assert label.name == 'DontCare'
    line = format_label(label).split()
    assert line[:4] == ['DontCare', '-1', '-1', '-10']
    assert line[8:] == ['-1', '-1', '-1', '-1000', '-1000', '-1000', '-10']


def test_picture_shows_the_car_where_its_label_says(street, labels_of):
    (label,) = labels_of((12.0, 0.0, 0.0))
    with_car = render(street((12.0, 0.0, 0.0)), CALIBRATION).astype(int)
    without = render(street(), CALIBRATION).astype(int)
    assert with_car.shape == (375, 1242, 3)
    rows, columns = np.nonzero(np.abs(with_car - without).max(axis=2) > 8)
    found = [columns.min(), rows.min(), columns.max(), rows.max()]
    np.testing.assert_allclose(found, label.bbox, atol=4)
