"""A teacher's labels in nuScenes' info files: what comes out is what was put in."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.teachers import as_labels, read

from mmdet3d.datasets.files import dump_pickle


@pytest.fixture
def write(make_dataset, tmp_path):
    """Write the truth of a data set as labels, which may be changed before, and open the file."""

    def call(truth, change=lambda labels: labels, **arguments):
        infos = [truth.info_with_labels(i, change(as_labels(truth, i))) for i in range(len(truth))]
        path = tmp_path / 'infos.pkl'
        dump_pickle(path, truth.info_content(infos))
        return make_dataset(ann_file=str(path), **arguments)

    return call


@pytest.mark.parametrize('with_velocity', [True, False])
def test_ground_truth_written_as_labels_is_read_to_the_bit(make_dataset, write, with_velocity):
    truth = make_dataset(with_velocity=with_velocity)
    labelled = write(truth, with_velocity=with_velocity)
    assert labelled.version == truth.version
    count = 0
    for index in range(len(truth)):
        old, new = truth.get_ann_info(index), labelled.get_ann_info(index)
        known = old['gt_labels_3d'] >= 0
        assert torch.equal(old['gt_bboxes_3d'].tensor[known], new['gt_bboxes_3d'].tensor)
        assert (old['gt_labels_3d'][known] == new['gt_labels_3d']).all()
        assert (old['gt_names'][known] == new['gt_names']).all()
        count += len(new['gt_names'])
    assert count > 5


def test_other_programs_find_the_keys_of_an_info_file(make_dataset, write, tmp_path):
    truth = make_dataset()
    write(truth)
    for index, info in enumerate(read(tmp_path / 'infos.pkl')['infos']):
        old = truth.data_infos[index]
        assert set(old) <= set(info)
        kept = (old['num_lidar_pts'] > 0) & np.isin(old['gt_names'], truth.CLASSES)
        assert info['gt_boxes'] == pytest.approx(old['gt_boxes'][kept], abs=1e-5)
        assert info['num_lidar_pts'] == pytest.approx(old['num_lidar_pts'][kept], rel=0.1, abs=3)
        assert info['valid_flag'].all() and not info['num_radar_pts'].any()


def test_velocities_that_a_teacher_does_not_give_are_not_known(make_dataset, write, tmp_path):
    labelled = write(make_dataset(), lambda labels: replace(labels, boxes=labels.boxes[:, :7]))
    infos = read(tmp_path / 'infos.pkl')['infos']
    assert all(np.isnan(info['gt_velocity']).all() for info in infos)
    boxes = labelled.get_ann_info(0)['gt_bboxes_3d'].tensor
    assert boxes.shape[1] == 9 and not boxes[:, 7:].any()


@pytest.mark.parametrize('use_valid_flag', [True, False])
def test_ignored_regions_without_points_are_kept_and_objects_are_not(
    make_dataset, write, use_valid_flag
):
    def empty_first(labels):
        ignored, points = labels.ignored.copy(), labels.num_points.copy()
        points[:2], ignored[0] = 0, True
        return replace(labels, ignored=ignored, num_points=points)

    truth = make_dataset()
    labelled = write(truth, empty_first, use_valid_flag=use_valid_flag)
    for index in range(len(truth)):
        known = truth.get_ann_info(index)['gt_labels_3d'] >= 0
        expected = truth.get_ann_info(index)['gt_bboxes_3d'].tensor[known]
        found = labelled.get_ann_info(index)['gt_bboxes_3d'].tensor
        assert torch.equal(found, torch.cat([expected[:1], expected[2:]]))


def test_objects_left_out_for_their_sizes_take_their_scores_along(make_dataset, write):
    def spoil(labels):
        boxes, scores = labels.boxes.copy(), labels.scores.copy()
        boxes[0, 3], scores[0] = 0, 0.25
        return replace(labels, boxes=boxes, scores=scores)

    with pytest.warns(UserWarning, match='left out'):
        labelled = write(make_dataset(), spoil)
    for info in labelled.data_infos:
        lengths = {
            len(info[key])
            for key in ('gt_boxes', 'gt_names', 'gt_scores', 'gt_ignored', 'gt_bboxes_3d')
        }
        assert len(lengths) == 1 and (info['gt_scores'] == 1).all()
