"""Official results and their evaluation by the devkit."""

import json
import sys

import numpy as np
import pytest
import torch
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.detection.evaluate import DetectionEval
from nuscenes.utils.data_classes import Box
from pyquaternion import Quaternion

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets.nuscenes import CLASSES, attributes_of, map_boxes, sample_results
from mmdet3d.datasets.nuscenes.quaternions import rotation_matrix

PREFIX = 'pts_bbox_NuScenes'


def detections(number: int, labels=None, columns: int = 9) -> dict:
    generator = torch.Generator().manual_seed(0)
    rows = torch.rand(number, columns, generator=generator) * 5 + 0.5
    return {
        'boxes_3d': LiDARInstance3DBoxes(rows, box_dim=columns),
        'scores_3d': torch.rand(number, generator=generator),
        'labels_3d': torch.zeros(number, dtype=torch.long) if labels is None else labels,
    }


def test_boxes_are_turned_to_the_map_as_by_the_devkit(infos):
    boxes = detections(20)['boxes_3d']
    middles, sizes, rotations, velocities = map_boxes(boxes, infos[1])
    for i, row in enumerate(boxes.tensor.numpy().astype(float)):
        turn = Quaternion(axis=[0, 0, 1], radians=row[6])
        box = Box(row[:3] + [0, 0, row[5] / 2], row[[4, 3, 5]], turn, velocity=(*row[7:], 0))
        for frame in ('lidar2ego', 'ego2global'):
            box.rotate(Quaternion(infos[1][f'{frame}_rotation']))
            box.translate(np.array(infos[1][f'{frame}_translation']))
        np.testing.assert_allclose(middles[i], box.center, atol=1e-4)
        np.testing.assert_allclose(sizes[i], box.wlh, atol=1e-6)
        np.testing.assert_allclose(rotation_matrix(rotations[i]), box.rotation_matrix, atol=1e-6)
        np.testing.assert_allclose(velocities[i], box.velocity[:2], atol=1e-6)


def test_attributes_follow_from_class_and_speed():
    speeds = np.array([[0.3, 0.0], [0.1, -0.1]])
    expected = {
        'car': ('vehicle.moving', 'vehicle.parked'),
        'trailer': ('vehicle.moving', 'vehicle.parked'),
        'bus': ('vehicle.moving', 'vehicle.stopped'),
        'bicycle': ('cycle.with_rider', 'cycle.without_rider'),
        'pedestrian': ('pedestrian.moving', 'pedestrian.standing'),
        'barrier': ('', ''),
    }
    for name, attributes in expected.items():
        assert tuple(attributes_of([name, name], speeds)) == attributes


def test_the_500_best_are_kept_and_unknown_labels_refused(infos):
    many = detections(700)
    records = sample_results(many, infos[1], CLASSES)
    scores = [record['detection_score'] for record in records]
    assert len(records) == 500 and scores == sorted(scores, reverse=True)
    assert min(scores) >= many['scores_3d'].sort().values[199]
    with pytest.raises(ValueError, match='labels 0 to 12, the data set has the 10 classes'):
        sample_results(detections(3, torch.tensor([0, 12, 1])), infos[1], CLASSES)
    (record,) = sample_results(detections(1, columns=7), infos[1], CLASSES)
    assert record['velocity'] == [0.0, 0.0]


def test_ground_truth_is_perfect(make_dataset, as_results):
    dataset = make_dataset('val')
    figures = dataset.evaluate(as_results(dataset))
    assert figures[f'{PREFIX}/mAP'] > 0.999
    assert figures[f'{PREFIX}/NDS'] > 0.99
    for error in ('mATE', 'mASE', 'mAOE'):
        assert figures[f'{PREFIX}/{error}'] < 1e-3
    # Unknown velocities are taken for 0, which the attributes follow.
    assert figures[f'{PREFIX}/mAVE'] < 0.1 and figures[f'{PREFIX}/mAAE'] < 0.1
    for name in CLASSES:
        assert figures[f'{PREFIX}/{name}_AP_dist_0.5'] > 0.999


def test_the_table_names_the_figures(make_dataset, as_results, capsys):
    dataset = make_dataset('val')
    dataset.evaluate(as_results(dataset), metric=['bbox'])
    printed = capsys.readouterr().out
    assert 'mAP: 1.0000  NDS: 0.99' in printed or 'mAP: 1.0000  NDS: 1.00' in printed
    for word in ('ATE', 'ASE', 'AOE', 'AVE', 'AAE', *CLASSES):
        assert word in printed


def test_a_shift_is_found_by_every_measure_it_should(make_dataset, as_results):
    dataset = make_dataset('val')
    figures = dataset.evaluate(as_results(dataset, aside=0.7))
    assert abs(figures[f'{PREFIX}/mATE'] - 0.7) < 0.01
    assert figures[f'{PREFIX}/car_AP_dist_0.5'] < 0.05
    assert figures[f'{PREFIX}/car_AP_dist_1.0'] > 0.95


def test_on_a_whole_split_the_figures_are_the_devkits_own(
    make_dataset, as_results, devkit, tmp_path
):
    dataset = make_dataset('val')
    results = as_results(dataset, aside=0.7)
    for result in results:
        scores = result['pts_bbox']['scores_3d']
        result['pts_bbox']['scores_3d'] = torch.linspace(0.2, 0.9, len(scores))
    figures = dataset.evaluate(results, jsonfile_prefix=str(tmp_path))
    config = config_factory('detection_cvpr_2019')
    path = str(tmp_path / 'pts_bbox' / 'results_nusc.json')
    official = DetectionEval(devkit, config, path, 'mini_val', str(tmp_path), verbose=False)
    summary = official.evaluate()[0].serialize()
    assert figures[f'{PREFIX}/mAP'] == summary['mean_ap'] < 0.999
    assert figures[f'{PREFIX}/NDS'] == summary['nd_score']
    assert figures[f'{PREFIX}/mAAE'] == summary['tp_errors']['attr_err']
    for name, aps in summary['label_aps'].items():
        assert [figures[f'{PREFIX}/{name}_AP_dist_{key}'] for key in aps] == list(aps.values())


def test_a_part_of_a_split_is_evaluated_by_itself(make_dataset, as_results):
    dataset = make_dataset('val', load_interval=2)
    assert len(dataset) == 2
    assert dataset.evaluate(as_results(dataset))[f'{PREFIX}/mAP'] > 0.999


def test_a_detector_that_finds_nothing_gets_zero(make_dataset):
    dataset = make_dataset('val')
    nothing = [{'pts_bbox': detections(0)} for _ in range(3)]
    figures = dataset.evaluate(nothing)
    assert figures[f'{PREFIX}/mAP'] == figures[f'{PREFIX}/NDS'] == 0
    assert figures[f'{PREFIX}/mATE'] == 1


def test_results_are_written_as_the_server_takes_them(make_dataset, as_results, tmp_path):
    dataset = make_dataset('val', test_mode=True)
    path, temporary = dataset.format_results(as_results(dataset), submission_prefix=str(tmp_path))
    assert temporary is None
    content = json.loads((tmp_path / 'pts_bbox' / 'results_nusc.json').read_text())
    assert path == str(tmp_path / 'pts_bbox' / 'results_nusc.json')
    assert content['meta'] == {
        'use_camera': False,
        'use_lidar': True,
        'use_radar': False,
        'use_map': False,
        'use_external': False,
    }
    assert list(content['results']) == [info['token'] for info in dataset.data_infos]
    keys = ['sample_token', 'translation', 'size', 'rotation', 'velocity']
    keys += ['detection_name', 'detection_score', 'attribute_name']
    assert all(list(each) == keys for each in content['results'][dataset.data_infos[0]['token']])


def test_without_a_prefix_results_go_to_a_temporary_folder(make_dataset, as_results):
    dataset = make_dataset('val')
    path, temporary = dataset.format_results(as_results(dataset))
    with temporary:
        assert path.startswith(temporary.name)


def test_pictures_are_drawn_beside_the_evaluation(make_dataset, as_results, tmp_path):
    dataset = make_dataset('val', load_interval=3)
    dataset.evaluate(as_results(dataset), out_dir=str(tmp_path))
    assert [path.stem for path in tmp_path.iterdir()] == [dataset.data_infos[0]['token']]
    with pytest.raises(ValueError, match='show=True would open windows'):
        dataset.evaluate(as_results(dataset), show=True)


def test_one_result_per_frame_is_required(make_dataset):
    with pytest.raises(ValueError, match='1 results for 3 frames; expected one each'):
        make_dataset('val').evaluate([{'pts_bbox': detections(1)}])


def test_wrong_settings_are_named(make_dataset, as_results, monkeypatch, tmp_path):
    dataset = make_dataset('val', eval_version='detection_cvpr_2018')
    with pytest.raises(ValueError, match=r"'detection_cvpr_2018', which the devkit does not know"):
        dataset.evaluate(as_results(dataset))
    dataset = make_dataset('val', data_root=str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r'has no folder v1\.0-mini'):
        dataset.evaluate(as_results(dataset))
    monkeypatch.setitem(sys.modules, 'nuscenes', None)
    with pytest.raises(ImportError, match=r'pip install nuscenes-devkit==1\.2\.0'):
        dataset.evaluate(as_results(dataset))
