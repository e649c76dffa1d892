"""Boxes from camera to LiDAR, and what the camera sees of a sweep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mmdet3d.datasets.kitti import camera_boxes_to_lidar, points_in_view, read_calib, read_label
from mmdet3d.datasets.point_files import read_points

LIDAR_TO_CAMERA = np.array([[0, -1, 0, 0.1], [0, 0, -1, -0.2], [1, 0, 0, -0.3], [0, 0, 0, 1.0]])


def _annos(location, dimensions, rotation_y):
    return {
        'location': np.array([location], dtype=float),
        'dimensions': np.array([dimensions], dtype=float),
        'rotation_y': np.array([rotation_y], dtype=float),
    }


def test_car_ahead_that_faces_forward():
    calib = {'R0_rect': np.eye(4), 'Tr_velo_to_cam': LIDAR_TO_CAMERA}
    boxes = camera_boxes_to_lidar(_annos([2, 1.5, 10], [4, 1.5, 1.6], -np.pi / 2), calib)
    np.testing.assert_allclose(boxes, [[10.3, -1.9, -1.7, 4, 1.6, 1.5, 0]], atol=1e-6)
    assert boxes.dtype == np.float32


coordinate = st.floats(-50, 50)
size = st.floats(0.1, 20)


@settings(max_examples=100, deadline=None)
@given(st.tuples(coordinate, coordinate, coordinate), st.tuples(size, size, size), st.floats(-4, 4))
def test_both_frames_describe_the_same_eight_corners(location, dimensions, rotation_y):
    calib = {'R0_rect': np.eye(4), 'Tr_velo_to_cam': LIDAR_TO_CAMERA}
    box = camera_boxes_to_lidar(_annos(location, dimensions, rotation_y), calib)[0].astype(float)
    assert -np.pi - 1e-6 <= box[6] < np.pi + 1e-6
    # Ahead, left and up of the bottom centre, in units of the box.
    unit = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0, 1)])
    lidar = Rotation.from_euler('z', box[6]).apply(unit * box[3:6]) + box[:3]
    seen = (LIDAR_TO_CAMERA @ np.column_stack([lidar, np.ones(8)]).T).T[:, :3]
    length, height, width = dimensions
    # An object that faces right has its left side away from the camera, and down is positive.
    in_camera = np.column_stack([unit[:, 0] * length, -unit[:, 2] * height, unit[:, 1] * width])
    expected = Rotation.from_euler('y', rotation_y).apply(in_camera) + location
    np.testing.assert_allclose(seen, expected, atol=1e-4)


@pytest.mark.parametrize('frame', ['000000', '000001', '000008', '000134'])
def test_centres_project_back_to_the_labels(kitti_sample, frame):
    annos = read_label(kitti_sample / f'training/label_2/{frame}.txt')
    calib = read_calib(kitti_sample / f'training/calib/{frame}.txt')
    boxes = camera_boxes_to_lidar(annos, calib).astype(float)
    homogeneous = np.column_stack([boxes[:, :3], np.ones(len(boxes))])
    back = (homogeneous @ (calib['R0_rect'] @ calib['Tr_velo_to_cam']).T)[:, :3]
    np.testing.assert_allclose(back, annos['location'], rtol=1e-6, atol=1e-5)


def test_no_boxes_stay_no_boxes():
    calib = {'R0_rect': np.eye(4), 'Tr_velo_to_cam': LIDAR_TO_CAMERA}
    annos = {
        'location': np.zeros((0, 3)),
        'dimensions': np.zeros((0, 3)),
        'rotation_y': np.zeros(0),
    }
    assert camera_boxes_to_lidar(annos, calib).shape == (0, 7)


def _is_in_view(point, calib, shape):
    camera = calib['R0_rect'] @ calib['Tr_velo_to_cam'] @ np.append(point[:3].astype(float), 1)
    u, v, depth = (calib['P2'] @ camera)[:3]
    if not 0.001 < depth < 100:
        return False
    return bool(0 < u / depth < shape[1] and 0 < v / depth < shape[0])


def test_view_agrees_with_projecting_each_point(kitti_sample):
    calib = read_calib(kitti_sample / 'training/calib/000001.txt')
    points = read_points(kitti_sample / 'training/velodyne/000001.bin')[::40]
    # As many points again beyond the far limit, so that it takes part.
    points = np.concatenate([points, points * np.float32([8, 8, 8, 1])])
    expected = [_is_in_view(point, calib, (375, 1242)) for point in points]
    assert points_in_view(points, calib, (375, 1242)).tolist() == expected
    assert 0 < sum(expected) < len(points)


def test_sweeps_that_are_already_cut_to_the_view_lose_nothing_but_their_rim(kitti_sample):
    calib = read_calib(kitti_sample / 'training/calib/000008.txt')
    points = read_points(kitti_sample / 'training/velodyne/000008.bin')
    assert points_in_view(points, calib, (375, 1242)).mean() > 0.99
