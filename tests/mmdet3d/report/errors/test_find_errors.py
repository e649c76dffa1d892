"""Errors on data sets: ground truth against itself, nothing, and the evaluation's own figures."""

import csv
from copy import deepcopy

import numpy as np
import pytest
import torch
from PIL import Image
from support import shrink, shrink_nuscenes

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.report.errors import find_errors, format_errors, relabelled, write_errors
from mmdet3d.report.runs import build_test_set
from mmdet3d.utils.config import load_config

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'


@pytest.fixture(scope='module')
def kitti(kitti_data):
    options = {'data.test.ann_file': f'{kitti_data}/kitti_infos_trainval.pkl'}
    return build_test_set(load_config(PILLARS, options, data_root=kitti_data))


@pytest.fixture(scope='module')
def nuscenes(nuscenes_root, nuscenes_data):
    options = shrink_nuscenes.small_scene()
    where = dict(data_root=nuscenes_root, infos=nuscenes_data)
    return build_test_set(load_config(NUSCENES, options, **where))


def truth_of(dataset, shift: float = 0.0, seed: int = 0) -> list[dict]:
    """Detections that are the ground truth, moved by up to ``shift`` metres."""
    rng = np.random.default_rng(seed)
    results = []
    for index in range(len(dataset)):
        annos = dataset.get_ann_info(index)
        keep = annos['gt_labels_3d'] >= 0
        boxes = annos['gt_bboxes_3d'][torch.from_numpy(keep)]
        rows = boxes.tensor.clone()
        rows[:, :2] += torch.from_numpy(rng.uniform(-shift, shift, (len(rows), 2))).float()
        results.append(
            {
                'boxes_3d': LiDARInstance3DBoxes(rows, box_dim=rows.shape[1]),
                'scores_3d': torch.from_numpy(rng.uniform(0.3, 1, len(rows))).float(),
                'labels_3d': torch.from_numpy(annos['gt_labels_3d'][keep]),
            }
        )
    return results


def nothing(dataset) -> list[dict]:
    empty = LiDARInstance3DBoxes(torch.zeros(0, 7))
    none = {'boxes_3d': empty, 'scores_3d': torch.zeros(0), 'labels_3d': torch.zeros(0).long()}
    return [deepcopy(none) for _ in range(len(dataset))]


@pytest.mark.parametrize('name', ['kitti', 'nuscenes'])
def test_the_ground_truth_finds_itself_and_nothing_finds_nothing(name, request, tmp_path):
    dataset = request.getfixturevalue(name)
    runs = {'truth': truth_of(dataset), 'nothing': nothing(dataset)}
    before = deepcopy(runs['truth'][0]['boxes_3d'].tensor)
    errors = find_errors(dataset, runs)
    assert torch.equal(runs['truth'][0]['boxes_3d'].tensor, before)
    truth, none = (errors.counts[run][0].numbers for run in runs)
    assert 0 < truth['objects'] == truth['found'] == none['objects'] == none['missed']
    wrong = 'badly placed', 'badly turned', 'flipped', 'missed', 'false', 'duplicate'
    assert not any(truth[kind] for kind in wrong)
    assert not any(none[kind] for kind in none if kind not in ('objects', 'missed'))
    assert all(curve.average == 0 for curve in errors.curves['nothing'].values())
    write_errors(errors, tmp_path)
    for picture in ('errors.png', 'precision_recall.png'):
        assert min(Image.open(tmp_path / picture).size) > 200


def test_groups_add_up_and_files_hold_the_same_numbers(kitti, tmp_path):
    errors = find_errors(kitti, {'a': truth_of(kitti, 1.0), 'b': truth_of(kitti, 2.0, seed=1)})
    for counts in errors.counts.values():
        total = counts[0].numbers
        for grouping in ('class', 'range', 'points'):
            parts = [count.numbers for count in counts if count.grouping == grouping]
            assert {key: sum(part[key] for part in parts) for key in total} == total
    write_errors(errors, tmp_path)
    rows = list(csv.reader((tmp_path / 'errors.csv').open()))
    assert rows[1][:3] == ['a', 'all', 'all']
    assert [int(cell) for cell in rows[1][3:]] == list(errors.counts['a'][0].numbers.values())
    assert (tmp_path / 'errors.md').read_text() == format_errors(errors)
    assert '| all | a | ' in format_errors(errors)


def test_curves_have_the_average_precision_of_the_evaluation(kitti):
    results = truth_of(kitti, 0.5)
    curves = find_errors(kitti, {'a': results}).curves['a']
    figures = kitti.evaluate(deepcopy(results), logger='silent')
    for name, curve in curves.items():
        assert curve.average == pytest.approx(
            figures[f'KITTI/{name}_3D_AP40_moderate_strict'], abs=1e-9
        )
    assert any(0 < curve.average < 100 for curve in curves.values())


def test_curves_by_overlap_are_full_for_the_ground_truth(nuscenes):
    errors = find_errors(nuscenes, {'a': truth_of(nuscenes), 'b': truth_of(nuscenes, 1.5)})
    present = {
        count.group for count in errors.counts['a'] if count.grouping == 'class'
        and count.numbers['objects']
    }  # fmt: skip
    assert present
    for name in present:
        assert errors.curves['a'][name].average == pytest.approx(100)
        assert errors.curves['b'][name].average < 100
        assert (np.diff(errors.curves['b'][name].precision) <= 0).all()


def test_a_low_score_counts_for_curves_alone(kitti):
    results = truth_of(kitti)
    for result in results:
        result['scores_3d'] = 0.1 * result['scores_3d']
    errors = find_errors(kitti, {'a': results})
    assert errors.counts['a'][0].numbers['found'] == 0
    assert max(curve.average for curve in errors.curves['a'].values()) > 0
    assert find_errors(kitti, {'a': results}, 0.0).counts['a'][0].numbers['found'] > 0


def test_labels_follow_the_names_of_the_classes(kitti):
    results = truth_of(kitti)
    own = ['Car', 'Tram', 'Pedestrian']
    named = relabelled(results, list(kitti.CLASSES), own)
    for before, after in zip(results, named):
        names = [kitti.CLASSES[label] for label in before['labels_3d']]
        kept = [name for name in names if name in own]
        assert [own[label] for label in after['labels_3d']] == kept
        assert len(after['boxes_3d']) == len(after['scores_3d']) == len(kept)


def test_frames_without_objects_are_fine(kitti, monkeypatch):
    emptied = [
        {**info, 'annos': {key: values[:0] for key, values in info['annos'].items()}}
        for info in kitti.data_infos
    ]
    results = truth_of(kitti)
    monkeypatch.setattr(kitti, 'data_infos', emptied)
    numbers = find_errors(kitti, {'a': results}).counts['a'][0].numbers
    assert numbers['objects'] == 0 < numbers['false']


def test_frames_without_ground_truth_are_refused(kitti_data):
    options = {'data.test.ann_file': f'{kitti_data}/kitti_infos_test.pkl'}
    options['data.test.split'] = 'testing'
    dataset = build_test_set(load_config(PILLARS, options, data_root=kitti_data))
    with pytest.raises(ValueError, match='have no annotations, frame 0 for one'):
        find_errors(dataset, {'a': nothing(dataset)})


def test_classes_of_ones_own_are_counted(kitti_data):
    names = ['Van', 'Tram']
    options = {'data.test.ann_file': f'{kitti_data}/kitti_infos_trainval.pkl'}
    options |= {'data.test.classes': names, **shrink.small_batches()}
    cfg = load_config(PILLARS, options, data_root=kitti_data)
    dataset = build_test_set(cfg)
    errors = find_errors(dataset, {'a': truth_of(dataset)})
    assert [cls.name for cls in errors.classes] == names
    numbers = errors.counts['a'][0].numbers
    assert numbers['objects'] == numbers['found'] and numbers['false'] == 0
