"""Loading points and annotations."""

import numpy as np
import pytest

from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets.pipelines import LoadAnnotations3D, LoadPointsFromFile


def test_points_are_read_with_the_chosen_columns(tmp_path):
    cloud = np.arange(20, dtype=np.float32).reshape(4, 5)
    cloud.tofile(tmp_path / 'cloud.bin')
    load = LoadPointsFromFile('LIDAR', load_dim=5, use_dim=[0, 1, 2, 4])
    points = load({'pts_filename': str(tmp_path / 'cloud.bin')})['points']
    assert isinstance(points, LiDARPoints)
    np.testing.assert_array_equal(points.tensor.numpy(), cloud[:, [0, 1, 2, 4]])


def test_an_empty_file_gives_an_empty_cloud_of_the_right_width(tmp_path):
    (tmp_path / 'cloud.bin').touch()
    load = LoadPointsFromFile('LIDAR', load_dim=4, use_dim=4)
    points = load({'pts_filename': str(tmp_path / 'cloud.bin')})['points']
    assert points.tensor.shape == (0, 4)


def test_a_missing_cloud_is_named_with_the_command_that_writes_it(tmp_path):
    load = LoadPointsFromFile('LIDAR', load_dim=4, use_dim=4)
    with pytest.raises(FileNotFoundError, match=r'absent\.bin.*create_data'):
        load({'pts_filename': str(tmp_path / 'absent.bin')})


def test_a_cloud_that_is_cut_off_is_refused(tmp_path):
    np.zeros(7, np.float32).tofile(tmp_path / 'cloud.bin')
    with pytest.raises(ValueError, match=r'cloud\.bin'):
        LoadPointsFromFile('LIDAR', load_dim=4)({'pts_filename': str(tmp_path / 'cloud.bin')})


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'coord_type': 'DEPTH'}, 'DEPTH'),
        ({'coord_type': 'LIDAR', 'shift_height': True}, 'shift_height'),
        ({'coord_type': 'LIDAR', 'use_color': True}, 'use_color'),
        ({'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 5}, 'use_dim=5'),
        ({'coord_type': 'LIDAR', 'file_client_args': {'backend': 'petrel'}}, 'petrel'),
    ],
)
def test_unsupported_loading_is_refused_at_construction(arguments, message):
    with pytest.raises(ValueError, match=message):
        LoadPointsFromFile(**arguments)


def test_annotations_are_handed_on_as_the_switches_say():
    frame = {'ann_info': {'gt_bboxes_3d': 'boxes', 'gt_labels_3d': 'labels'}, 'bbox3d_fields': []}
    loaded = LoadAnnotations3D(with_label_3d=False, with_mask_3d=False)(frame)
    assert loaded['gt_bboxes_3d'] == 'boxes'
    assert loaded['bbox3d_fields'] == ['gt_bboxes_3d']
    assert 'gt_labels_3d' not in loaded


def test_annotations_a_lidar_detector_cannot_use_are_refused():
    with pytest.raises(ValueError, match='with_mask_3d'):
        LoadAnnotations3D(with_mask_3d=True)
    with pytest.raises(TypeError, match='with_boxes'):
        LoadAnnotations3D(with_boxes=True)


def test_a_frame_of_a_test_data_set_has_no_annotations_to_load():
    with pytest.raises(KeyError, match='test_mode'):
        LoadAnnotations3D()({'bbox3d_fields': []})
