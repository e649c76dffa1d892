"""A teacher's labels in KITTI's info files: what comes out is what was put in."""

import numpy as np
import pytest
import torch
from support.teachers import as_labels

from mmdet3d.datasets.files import dump_pickle
from mmdet3d.datasets.kitti import KittiDataset
from mmdet3d.datasets.teacher_detections import TeacherLabels

CLASSES = ('Pedestrian', 'Cyclist', 'Car')


def open_infos(root, path) -> KittiDataset:
    return KittiDataset(str(root), str(path), 'training', 'velodyne_reduced', classes=CLASSES)


@pytest.fixture
def truth(kitti_data):
    return open_infos(kitti_data, kitti_data / 'kitti_infos_trainval.pkl')


def written(dataset, infos, path) -> KittiDataset:
    dump_pickle(path, dataset.info_content(infos))
    return open_infos(dataset.data_root, path)


def test_ground_truth_written_as_labels_is_read_to_the_bit(truth, tmp_path):
    infos = [truth.info_with_labels(i, as_labels(truth, i)) for i in range(len(truth))]
    read = written(truth, infos, tmp_path / 'infos.pkl')
    count = 0
    for index in range(len(truth)):
        old, new = truth.get_ann_info(index), read.get_ann_info(index)
        known = old['gt_labels_3d'] >= 0
        assert torch.equal(old['gt_bboxes_3d'].tensor[known], new['gt_bboxes_3d'].tensor)
        assert (old['gt_labels_3d'][known] == new['gt_labels_3d']).all()
        assert (old['gt_names'][known] == new['gt_names']).all()
        count += len(new['gt_names'])
    assert count > 20


def test_annotations_are_those_of_the_label_files(truth):
    for index in range(len(truth)):
        old = truth.data_infos[index]['annos']
        new = truth.info_with_labels(index, as_labels(truth, index))['annos']
        known = np.isin(old['name'], CLASSES)
        assert set(old) <= set(new)
        for key in ('location', 'dimensions', 'rotation_y'):
            assert new[key] == pytest.approx(old[key][known], abs=1e-4), key
        assert (new['num_points_in_gt'] == old['num_points_in_gt'][known]).all()
        # The label's outline is that of the visible part.
        assert np.abs(new['bbox'] - old['bbox'][known]).mean() < 30
        assert all(len(values) == known.sum() for values in new.values())
        assert (new['score'] == 1).all() and not new['ignored'].any()


def labels_at(*places) -> TeacherLabels:
    """Cars of a usual size, with the bottom's centre there."""
    boxes = np.array([[*place, 4, 1.6, 1.5, 0.1] for place in places], dtype=np.float32)
    count = len(places)
    return TeacherLabels(
        boxes=boxes.reshape(-1, 7),
        scores=np.full(count, 0.5, dtype=np.float32),
        labels=np.full(count, 2),
        ignored=np.zeros(count, dtype=bool),
        num_points=np.zeros(count, dtype=np.int64),
    )


def test_no_object_is_lost_that_the_camera_does_not_see(truth):
    annos = truth.info_with_labels(0, labels_at((12, 0, -1.6), (-12, 0, -1.6), (3, 40, -1.6)))
    annos = annos['annos']
    sizes = annos['bbox'][:, 2:] - annos['bbox'][:, :2]
    assert (sizes[0] > 20).all() and not annos['bbox'][1:].any()
    assert annos['difficulty'].tolist() == [0, -1, -1]


def test_a_frame_without_objects_is_one_all_the_same(truth, tmp_path):
    infos = [
        truth.info_with_labels(0, labels_at()),
        truth.info_with_labels(1, labels_at((9, 0, 0))),
    ]
    read = written(truth, infos, tmp_path / 'infos.pkl')
    empty = read.get_ann_info(0)
    assert empty['gt_bboxes_3d'].tensor.shape == (0, 7) and len(empty['gt_names']) == 0
