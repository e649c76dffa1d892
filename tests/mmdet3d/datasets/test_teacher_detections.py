"""A teacher's labels in the info files of Custom3DDataset, and clouds without their sweeps."""

import numpy as np
import pytest
import torch
from support.teachers import as_labels

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets import Custom3DDataset, NuScenesDataset
from mmdet3d.datasets.files import dump_pickle
from mmdet3d.datasets.key_clouds import key_cloud
from mmdet3d.datasets.teacher_detections import detection_arrays


@pytest.mark.parametrize('columns', [7, 9])
def test_ground_truth_written_as_labels_is_read_to_the_bit(tmp_path, columns):
    rng = np.random.default_rng(0)
    rng.normal(size=(500, 4)).astype(np.float32).tofile(tmp_path / 'cloud.bin')
    boxes = rng.uniform(0.5, 3, (4, columns)).astype(np.float32)
    annos = {'gt_bboxes_3d': boxes, 'gt_names': np.array(['b', 'a', 'a', 'b'])}
    infos = [
        {'sample_idx': 0, 'pts_path': 'cloud.bin', 'annos': annos},
        {'sample_idx': 1, 'pts_path': 'cloud.bin', 'annos': {'gt_bboxes_3d': [], 'gt_names': []}},
    ]
    dump_pickle(tmp_path / 'truth.pkl', infos)

    def open_infos(name):
        return Custom3DDataset(str(tmp_path), str(tmp_path / name), classes=['a', 'b'])

    truth = open_infos('truth.pkl')
    labels = [truth.info_with_labels(i, as_labels(truth, i)) for i in range(2)]
    dump_pickle(tmp_path / 'labels.pkl', truth.info_content(labels))
    read = open_infos('labels.pkl')
    for index, count in enumerate((4, 0)):
        old, new = truth.get_ann_info(index), read.get_ann_info(index)
        assert len(new['gt_names']) == count
        assert torch.equal(old['gt_bboxes_3d'].tensor[:, :7], new['gt_bboxes_3d'].tensor[:, :7])
        assert (old['gt_labels_3d'] == new['gt_labels_3d']).all()
        assert list(old['gt_names']) == list(new['gt_names'])
    assert read.data_infos[0]['annos']['gt_scores'].tolist() == [1, 1, 1, 1]
    assert not read.data_infos[0]['annos']['gt_ignored'].any()


@pytest.mark.parametrize('spoil', ['score', 'box', 'size'])
def test_detections_that_are_no_numbers_or_no_boxes_are_refused(spoil):
    boxes = LiDARInstance3DBoxes(torch.ones(3, 7))
    scores = torch.ones(3)
    if spoil == 'score':
        scores[1] = torch.nan
    else:
        boxes.tensor[1, 3 if spoil == 'size' else 0] = 0 if spoil == 'size' else torch.inf
    found = {'boxes_3d': boxes, 'scores_3d': scores, 'labels_3d': torch.zeros(3)}
    with pytest.raises(ValueError, match='1 of 3 detections have NaN or infinity'):
        detection_arrays(found)


@pytest.mark.parametrize('padded', [False, True])
def test_the_cloud_of_a_frame_is_its_own_without_sweeps(nuscenes_root, nuscenes_data, padded):
    steps = [
        {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 5, 'use_dim': 5},
        {'type': 'LoadPointsFromMultiSweeps', 'sweeps_num': 2, 'pad_empty_sweeps': padded},
    ]
    dataset = NuScenesDataset(
        str(nuscenes_data / 'nuscenes_infos_val.pkl'),
        steps,
        str(nuscenes_root),
        test_mode=True,
    )
    points = key_cloud(dataset, 1)
    path = dataset.get_data_info(1)['pts_filename']
    expected = np.fromfile(path, dtype=np.float32).reshape(-1, 5)
    assert np.array_equal(points[:, :3], expected[:, :3])
    assert points.shape[1] == 4 and not points[:, 3].any()
