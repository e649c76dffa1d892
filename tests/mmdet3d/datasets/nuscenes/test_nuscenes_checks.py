"""What nuScenes' evaluation needs, checked before; and what it leaves out, said."""

import re
import sys

import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes

FAR = [200.0, 0, -1, 4, 2, 1.5, 0, 0, 0]


def with_more(results, rows, score=0.1):
    """Results of which the first sample has further detections, of cars."""
    found = results[0]['pts_bbox']
    boxes = torch.cat([found['boxes_3d'].tensor, torch.tensor(rows)])
    more = torch.full((len(rows),), score)
    labels = torch.zeros(len(rows), dtype=torch.long)
    first = {
        'boxes_3d': LiDARInstance3DBoxes(boxes, box_dim=9),
        'scores_3d': torch.cat([found['scores_3d'], more]),
        'labels_3d': torch.cat([found['labels_3d'], labels]),
    }
    return [{'pts_bbox': first}, *results[1:]]


def line_of(printed):
    (line,) = [line for line in printed.splitlines() if 'not evaluated' in line]
    return line


def test_detections_too_far_away_are_counted(make_dataset, as_results, capsys):
    dataset = make_dataset('val')
    counts = []
    for far in ([], [FAR, FAR]):
        results = as_results(dataset)
        figures = dataset.evaluate(with_more(results, far) if far else results)
        assert figures['pts_bbox_NuScenes/mAP'] > 0.999
        counts.append(re.search(r'(\d+) are farther away', line_of(capsys.readouterr().out)))
    assert int(counts[1][1]) == int(counts[0][1]) + 2


def test_detections_beyond_the_most_of_a_sample_are_counted(make_dataset, as_results, capsys):
    dataset = make_dataset('val')
    results = as_results(dataset)
    known = len(results[0]['pts_bbox']['scores_3d'])
    near = [[5.0, 5, *FAR[2:]]] * 500
    dataset.evaluate(with_more(results, near))
    printed = line_of(capsys.readouterr().out)
    assert f'{known} are beyond the 500 best of a sample' in printed


def test_detections_that_are_no_numbers_are_left_out(make_dataset, as_results, capsys):
    dataset = make_dataset('val')
    broken = [[float('nan'), *FAR[1:]]]
    figures = dataset.evaluate(with_more(as_results(dataset), broken))
    assert figures['pts_bbox_NuScenes/mAP'] > 0.999
    assert '1 hold NaN or infinity' in line_of(capsys.readouterr().out)
    many = with_more(as_results(dataset), [FAR] * 999, score=float('nan'))
    with pytest.warns(UserWarning, match='has the training diverged'):
        dataset.evaluate(many, logger='silent')


def test_detections_without_a_size_are_left_out(make_dataset, as_results, capsys):
    dataset = make_dataset('val')
    figures = dataset.evaluate(as_results(dataset), logger='silent')
    none = [[5.0, 5, -1, *size, *FAR[6:]] for size in ([0, 1, 1], [4, -2, 1], [1e30, 1e30, 1e30])]
    assert dataset.evaluate(with_more(as_results(dataset), none)) == figures
    assert '3 are not positive in size' in line_of(capsys.readouterr().out)


def test_classes_that_the_detector_does_not_know_are_named(make_dataset, as_results, capsys):
    dataset = make_dataset('val', classes=['car', 'pedestrian'])
    dataset.evaluate(as_results(dataset))
    printed = capsys.readouterr().out
    assert 'mAP and NDS are over all ten classes' in printed and 'trailer' in printed


def test_the_figures_are_listed_with_what_is_better(make_dataset, as_results):
    dataset = make_dataset('val')
    rules = dataset.figure_rules()
    assert set(rules) == set(dataset.evaluate(as_results(dataset), logger='silent'))
    assert next(iter(rules)) == 'pts_bbox_NuScenes/NDS'
    assert rules['pts_bbox_NuScenes/mATE'] == rules['pts_bbox_NuScenes/car_vel_err'] == 'less'
    assert rules['pts_bbox_NuScenes/car_AP_dist_0.5'] == 'greater'


@pytest.mark.parametrize('metric', ['bbox', 'mAP', ['bbox', 'NDS'], 'pts_bbox', None])
def test_metrics_of_mmdetection3ds_users_are_known(make_dataset, metric):
    make_dataset('val').check_evaluation(metric)


@pytest.mark.parametrize(
    'metric, options, message',
    [
        ('mAPs', {}, "NuScenesDataset has no metric 'mAPs': did you mean mAP"),
        ('3d', {}, 'allowed are bbox, mAP, NDS'),
        ('bbox', {'jsonfile_prefixx': 'a'}, 'did you mean jsonfile_prefix'),
        ('bbox', {'show': True}, 'show=True would open windows'),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before(make_dataset, metric, options, message):
    with pytest.raises(ValueError, match=message):
        make_dataset('val').check_evaluation(metric, **options)


def test_what_the_devkit_needs_is_missed_before(make_dataset, spoiled, monkeypatch, tmp_path):
    with pytest.raises(ValueError, match='detection_cvpr_2018'):
        make_dataset('val', eval_version='detection_cvpr_2018').check_evaluation()
    with pytest.raises(FileNotFoundError, match=r'has no folder v1\.0-mini'):
        make_dataset('val', data_root=str(tmp_path)).check_evaluation()
    root = spoiled()
    (root / 'v1.0-mini' / 'ego_pose.json').unlink()
    with pytest.raises(FileNotFoundError, match='not complete: no ego_pose'):
        make_dataset('val', data_root=str(root)).check_evaluation()
    monkeypatch.setitem(sys.modules, 'nuscenes', None)
    with pytest.raises(ImportError, match=r'pip install nuscenes-devkit==1\.2\.0'):
        make_dataset('val').check_evaluation()


def test_formatting_needs_neither_devkit_nor_tables(make_dataset, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'nuscenes', None)
    dataset = make_dataset('val', data_root=str(tmp_path))
    dataset.check_format(submission_prefix=str(tmp_path / 'new'))
    assert (tmp_path / 'new').is_dir()
