"""Calibration, clouds, lists of frames and image headers."""

import os

import numpy as np
import pytest
from PIL import Image

from mmcv_patched.full_disk import atomic_write
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.kitti import read_calib, read_image_shape, read_split
from mmdet3d.datasets.point_files import read_points, write_points


@pytest.fixture
def calib(tmp_path):
    def write(text):
        path = tmp_path / '000042.txt'
        path.write_text(text)
        return path

    return write


def test_matrices_are_extended_to_homogeneous_coordinates(calib, calib_text):
    matrices = read_calib(calib(calib_text))
    assert {matrix.shape for matrix in matrices.values()} == {(4, 4)}
    assert {matrix.dtype for matrix in matrices.values()} == {np.dtype('float64')}
    np.testing.assert_array_equal(matrices['R0_rect'], np.eye(4))
    np.testing.assert_array_equal(matrices['P2'][0], [700, 0, 600, 0])
    np.testing.assert_array_equal(matrices['P2'][3], [0, 0, 0, 1])
    np.testing.assert_array_equal(matrices['Tr_velo_to_cam'] @ [1, 2, 3, 1], [-2, -3, 1, 1])


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('R0_rect', 'Rectify', 'no R0_rect; .* this one has P0, P1, P2, P3, Rectify'),
        ('P2: 700 0', 'P2: 700', r'P2 has 11 values, expected 12 \(3 rows of 4\)'),
        ('R0_rect: 1', 'R0_rect: one', "R0_rect has a value that is no number.*'one'"),
        ('R0_rect: 1', 'R0_rect: inf', 'R0_rect has a value that is not finite'),
    ],
)
def test_malformed_calibration_is_named(calib, calib_text, old, new, message):
    with pytest.raises(DataFormatError, match=f'000042.txt: {message}'):
        read_calib(calib(calib_text.replace(old, new)))


def test_only_what_detection_needs_has_to_be_there(calib, calib_text):
    lines = calib_text.splitlines(keepends=True)
    needed = [line for line in lines if line.startswith(('P2', 'R0', 'Tr_velo'))]
    matrices, every = read_calib(calib(''.join(needed))), read_calib(calib(calib_text))
    assert list(matrices) == ['P2', 'R0_rect', 'Tr_velo_to_cam']
    for key, matrix in matrices.items():
        np.testing.assert_array_equal(matrix, every[key])


def test_the_tracking_benchmark_s_names_and_lines_are_read(calib, calib_text):
    tracking = calib_text.replace('R0_rect:', 'R_rect').replace('Tr_velo_to_cam:', 'Tr_velo_cam')
    tracking = tracking.replace('Tr_imu_to_velo:', 'Tr_imu_velo')
    matrices, expected = read_calib(calib(tracking)), read_calib(calib(calib_text))
    assert list(matrices) == list(expected)
    for key, matrix in expected.items():
        np.testing.assert_array_equal(matrices[key], matrix)


def test_matrices_may_be_homogeneous_already(calib, calib_text):
    whole = calib_text.replace('0 -1 0 0 0 0 -1 0 1 0 0 0', '0 -1 0 0 0 0 -1 0 1 0 0 0 0 0 0 1')
    expected = read_calib(calib(calib_text))['Tr_velo_to_cam']
    np.testing.assert_array_equal(read_calib(calib(whole))['Tr_velo_to_cam'], expected)
    wrong = calib_text.replace('0 -1 0 0 0 0 -1 0 1 0 0 0', '0 -1 0 0 0 0 -1 0 1 0 0 0 0 0 0 2')
    with pytest.raises(DataFormatError, match=r'000042\.txt: Tr_velo_to_cam is .* last row'):
        read_calib(calib(wrong))


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('R0_rect: 1 0 0 0 1 0 0 0 1', 'R0_rect: ' + '0 ' * 9, 'R0_rect is all zeros; without a'),
        ('R0_rect: 1 0 0 0 1 0 0 0 1', 'R0_rect: 2 0 0 0 2 0 0 0 2', 'R0_rect is no rotation'),
        ('R0_rect: 1 0 0 0 1 0 0 0 1', 'R0_rect: 1 0 0 0 1 0 0 0 -1', 'R0_rect is no rotation'),
        ('0 -1 0 0 0 0 -1 0 1 0 0 0', '0 ' * 12, 'Tr_velo_to_cam is all zeros'),
        ('0 -1 0 0 0 0 -1 0 1 0 0 0', '0 -1 0 0 0 0 0 0 1 0 0 0', 'Tr_velo_to_cam is no rotation'),
        ('P2: 700 0 600 0 0 700 180 0 0 0 1 0', 'P2: ' + '0 ' * 12, 'P2 projects everything'),
    ],
)
def test_matrices_that_cannot_be_what_they_are_called_are_named(
    calib, calib_text, old, new, message
):
    with pytest.raises(DataFormatError, match=f'000042.txt: {message}'):
        read_calib(calib(calib_text.replace(old, new)))


def test_cloud_survives_writing_and_reading(tmp_path):
    points = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    write_points(tmp_path / 'new/cloud.bin', points[:, :4])
    back = read_points(tmp_path / 'new/cloud.bin')
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, points[:, :4])
    write_points(tmp_path / 'five.bin', points)
    np.testing.assert_array_equal(read_points(tmp_path / 'five.bin', num_features=5), points)


def test_empty_cloud_has_no_points(tmp_path):
    (tmp_path / 'empty.bin').touch()
    assert read_points(tmp_path / 'empty.bin').shape == (0, 4)


@pytest.mark.parametrize('size', [15, 4 * 4 * 10 + 4])
def test_truncated_cloud_is_named_with_its_size(tmp_path, size):
    (tmp_path / 'cut.bin').write_bytes(bytes(size))
    with pytest.raises(DataFormatError, match=rf'cut\.bin: {size} bytes is not a multiple of 16'):
        read_points(tmp_path / 'cut.bin')


def test_missing_cloud_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no\.bin: a point cloud .*nor is the folder'):
        read_points(tmp_path / 'velodyne/no.bin')


def test_points_that_are_not_finite_are_dropped_with_a_warning(tmp_path):
    points = np.ones((10, 4), dtype=np.float32)
    points[3, 1], points[7, 3], points[8, 0] = np.nan, np.nan, np.inf
    write_points(tmp_path / 'nan.bin', points)
    with pytest.warns(UserWarning, match=r'nan\.bin: dropped 3 of 10 points'):
        assert read_points(tmp_path / 'nan.bin').tolist() == np.ones((7, 4)).tolist()


def test_frames_are_listed_in_the_order_of_the_file(tmp_path):
    (tmp_path / 'ImageSets').mkdir()
    (tmp_path / 'ImageSets/val.txt').write_text('000010\n\n000002 \n134')
    assert read_split(tmp_path, 'val') == [10, 2, 134]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('000001\n000002 -1\n', r"val.txt, line 2: '000002 -1' is no frame id"),
        ('../000001\n', r"val.txt, line 1: '../000001' is no frame id"),
        ('velodyne\\000001\n', r"val.txt, line 1: 'velodyne\\\\000001' is no frame id"),
        ('000001\n000002\n1\n', r'val.txt: listed more than once: \[1\]'),
    ],
)
def test_malformed_list_of_frames_is_named(tmp_path, text, message):
    (tmp_path / 'ImageSets').mkdir()
    (tmp_path / 'ImageSets/val.txt').write_text(text)
    with pytest.raises(DataFormatError, match=message):
        read_split(tmp_path, 'val')


def test_image_size_is_height_then_width(kitti_sample):
    path = kitti_sample / 'training/image_2/000000.png'
    assert read_image_shape(path) == Image.open(path).size[::-1]
    assert read_image_shape(kitti_sample / 'training/image_2/999999.png') is None


def test_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / '000042.png').write_text('not an image')
    with pytest.raises(DataFormatError, match=r'000042\.png: this is no image'):
        read_image_shape(tmp_path / '000042.png')


def test_interrupted_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / 'infos.pkl'
    path.write_bytes(b'old')
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as file:
        file.write(b'half of the n')
        raise KeyboardInterrupt
    assert path.read_bytes() == b'old'
    assert os.listdir(tmp_path) == ['infos.pkl']
