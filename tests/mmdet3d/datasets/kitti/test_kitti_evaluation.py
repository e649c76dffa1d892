"""What KITTI's evaluation needs, checked before; and what it leaves out, said."""

import pickle
import warnings

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets import KittiDataset

CAR, WALKER = [20, 4, -1.6, 4, 1.7, 1.5, 0.3], [12, -3, -1.6, 0.8, 0.6, 1.7, 2.0]
FRAMES = [([CAR, WALKER], ['Car', 'Pedestrian']), ([[22, -2, *CAR[2:]]], ['Car'])]
FILTER = {'type': 'PointsRangeFilter', 'point_cloud_range': [0, -40, -3, 70, 40, 1]}


def outputs_of(*boxes, score=0.9):
    rows = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 7)
    scores = torch.full((len(rows),), score)
    labels = torch.zeros(len(rows), dtype=torch.int64)
    return {'boxes_3d': LiDARInstance3DBoxes(rows), 'scores_3d': scores, 'labels_3d': labels}


def raised(boxes, by):
    return [[x, y, z + by, *rest] for x, y, z, *rest in boxes]


@pytest.fixture
def write(make_kitti, tmp_path):
    """Write frames, and change their infos; gives the arguments of the data set."""

    def make(frames, change=lambda info: None) -> dict:
        arguments = make_kitti(frames)
        infos = pickle.loads((tmp_path / 'infos.pkl').read_bytes())
        for info in infos:
            change(info)
        (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
        return arguments

    return make


@pytest.mark.parametrize('by', [2.5, 0.8, -3.0])
@pytest.mark.parametrize('known', [True, False])
def test_ground_truth_is_perfect_at_any_height_of_the_scanner(write, as_detections, by, known):
    arguments = write([(raised(boxes, by), names) for boxes, names in FRAMES])
    # The ground is the floor of the range.
    steps = [{**FILTER, 'point_cloud_range': [0, -40, by - 1.6, 70, 40, by + 2]}]
    dataset = KittiDataset(**arguments, test_mode=True, pipeline=steps if known else None)
    figures = dataset.evaluate(as_detections(dataset), logger='silent')
    assert figures['KITTI/Car_3D_AP40_easy_strict'] == pytest.approx(100)


def test_the_range_is_the_explicit_one_else_the_detectors_else_that_of_the_pipeline(write):
    arguments = write(FRAMES)
    alone = KittiDataset(**arguments)
    assert alone.reported_range() is None
    alone.detection_range = [0, -1, -2, 3, 4, 5]
    assert alone.reported_range() == (0, -1, -np.inf, 3, 4, 5)
    nested = [{'type': 'MultiScaleFlipAug3D', 'img_scale': (1, 1), 'pts_scale_ratio': 1}]
    nested[0] |= {'flip': False, 'transforms': [FILTER]}
    assert KittiDataset(**arguments, pipeline=nested).reported_range()[3:] == (70, 40, 1)
    explicit = KittiDataset(**arguments, pipeline=nested, pcd_limit_range=[0, -9, -3, 9, 9, 1])
    assert explicit.reported_range() == [0, -9, -3, 9, 9, 1]


@pytest.mark.parametrize('limits', [[0, 1, 2], 5, [0, 0, 0, 0, 1, 1], [0, -40, 1, 70, 40, -3]])
def test_a_range_that_is_none_is_refused(write, limits):
    with pytest.raises(ValueError, match=r'pcd_limit_range=.*x_min, y_min, z_min'):
        KittiDataset(**write(FRAMES), pcd_limit_range=limits)


@pytest.mark.parametrize('limits', [[0, -40, -3, 70, 40, 1], None])
def test_detections_without_a_size_are_left_out(write, capsys, limits):
    dataset = KittiDataset(**write(FRAMES), pcd_limit_range=limits, test_mode=True)
    figures = dataset.evaluate([outputs_of(CAR), outputs_of()], logger='silent')
    none = [[*CAR[:3], *size, CAR[6]] for size in ([0, 2, 2], [4, -2, 2], [1e30, 1e30, 1e30])]
    none.append([*CAR[:6], float('inf')])
    for number in (1e6, 3e38):  # an angle is any number
        turned = [*CAR[:6], number]
        dataset.evaluate([outputs_of(CAR, turned), outputs_of()], logger='silent')
    capsys.readouterr()
    assert dataset.evaluate([outputs_of(CAR, *none), outputs_of()]) == figures
    assert '3 are not positive in size' in capsys.readouterr().out


def test_what_is_left_out_is_counted_in_one_line(write, capsys):
    limits = [0, -40, -3, 70, 40, 1]
    dataset = KittiDataset(**write(FRAMES), pcd_limit_range=limits, test_mode=True)
    broken = [np.nan, *CAR[1:]]
    beyond, beside = [75, 0, *CAR[2:]], [5, 20, *CAR[2:]]
    seen = [CAR] * 6
    dataset.evaluate([outputs_of(*seen, beyond, beyond, beside), outputs_of(broken)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if 'not evaluated' in line]
    assert line == (
        '4 of 10 detections are not evaluated: 2 have their bottom centre outside the range '
        '(0, -40, -3, 70, 40, 1) m, 1 lie outside the image, 1 hold NaN or infinity'
    )
    dataset.evaluate([outputs_of(*seen), outputs_of()])
    assert 'not evaluated' not in capsys.readouterr().out


@pytest.mark.parametrize(
    'boxes, cause',
    [
        ([[20, 0, 3, 4, 1.7, 1.5, 0]], 'do the height of the sensor and the axes'),
        ([[-20, 0, -1.6, 4, 1.7, 1.5, 0]], 'does calib .* fit the clouds'),
        ([[np.inf, 0, -1.6, 4, 1.7, 1.5, 0]], 'has the training diverged'),
    ],
)
def test_where_most_are_left_out_the_likely_cause_is_said_even_to_a_silent_logger(
    write, capsys, boxes, cause
):
    limits = [-70, -40, -3, 70, 40, 1]
    dataset = KittiDataset(**write(FRAMES), pcd_limit_range=limits, test_mode=True)
    dataset.evaluate([outputs_of(*boxes), outputs_of()])
    assert 'That is most of them' in capsys.readouterr().out
    with pytest.warns(UserWarning, match=f'1 of 1 detections are not evaluated.*{cause}'):
        dataset.evaluate([outputs_of(*boxes), outputs_of()], logger='silent')


def test_scores_that_are_no_numbers_are_left_out(write, as_detections):
    dataset = KittiDataset(**write(FRAMES), test_mode=True)
    with pytest.warns(UserWarning, match='2 of 2 detections .* hold NaN'):
        dataset.evaluate([outputs_of(CAR, score=np.nan)] * 2, logger='silent')


def forget_image(info):
    info['annos']['bbox'][:] = 0


def test_data_without_a_camera_are_evaluated_all_around(write, as_detections):
    behind = [[-20, 3, *CAR[2:]]]
    arguments = write([*FRAMES, (behind, ['Car'])], forget_image)
    dataset = KittiDataset(**arguments, test_mode=True)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        figures = dataset.evaluate(as_detections(dataset), logger='silent')
    assert figures['KITTI/Car_3D_AP40_hard_strict'] == pytest.approx(100)
    assert not any('_2D_' in name for name in figures)
    assert set(figures) == set(dataset.figure_rules())


def test_own_classes_are_evaluated_and_listed(write, as_detections, capsys):
    frames = [(boxes, ['Bus', 'person on foot'][: len(boxes)]) for boxes, _ in FRAMES]
    arguments = {**write(frames), 'classes': ['person on foot', 'Bus'], 'test_mode': True}
    dataset = KittiDataset(**arguments, min_overlaps={'Bus': 0.6})
    figures = dataset.evaluate(as_detections(dataset))
    assert set(figures.values()) == {100.0}
    printed = capsys.readouterr().out
    assert 'Bus AP40@0.60, 0.60, 0.60:' in printed
    assert 'person on foot: least overlaps 0.5' in printed
    assert {name for each in dataset.table_columns() for name in each.figures} <= set(figures)
    assert next(iter(dataset.figure_rules())) == 'KITTI/Overall_3D_AP40_moderate'
    assert set(dataset.figure_rules()) == set(figures)
    branch = dataset.figure_rules('pts_bbox')
    assert next(iter(branch)) == 'pts_bbox/KITTI/Overall_3D_AP40_moderate'


def test_one_class_alone_is_its_own_main_figure(write, as_detections):
    dataset = KittiDataset(**{**write(FRAMES), 'classes': ['car']}, test_mode=True)
    main = next(iter(dataset.figure_rules()))
    assert main == 'KITTI/Car_3D_AP40_moderate_strict'
    assert main in dataset.table_columns()[1].figures


@pytest.mark.parametrize('metric', ['mAP', 'bbox', ['bev', '3d'], 'img_bbox', 'pts_bbox', None])
def test_metrics_of_mmdetection3ds_users_are_known(write, metric):
    KittiDataset(**write(FRAMES)).check_evaluation(metric)


@pytest.mark.parametrize(
    'metric, options, error, message',
    [
        ('mAPP', {}, ValueError, "no metric 'mAPP': did you mean mAP"),
        ('map', {}, ValueError, 'did you mean mAP'),
        (['bbox', 'NDS'], {}, ValueError, r'no metric .NDS.: allowed are mAP, bbox'),
        (7, {}, ValueError, 'metric=7; expected a name'),
        ('mAP', {'foo': 1}, ValueError, "no option 'foo': allowed are pklfile_prefix"),
        ('mAP', {'submision_prefix': 'x'}, ValueError, 'did you mean submission_prefix'),
        ('mAP', {'logger': 'silent'}, ValueError, "no option 'logger'"),
        ('mAP', {'show': True}, ValueError, 'show=True would open windows'),
        ('mAP', {'out_dir': 'infos.pkl/x'}, OSError, 'nothing can be written there'),
        ('mAP', {'pklfile_prefix': 'infos.pkl/x'}, OSError, 'nothing can be written there'),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before(
    write, tmp_path, monkeypatch, metric, options, error, message
):
    monkeypatch.chdir(tmp_path)
    dataset = KittiDataset(**write(FRAMES), test_mode=True)
    with pytest.raises(error, match=message):
        dataset.check_evaluation(metric, **options)


@pytest.mark.parametrize(
    'frames, change, error, message',
    [
        ([], lambda info: None, ValueError, r'infos.pkl lists no frame'),
        (FRAMES, lambda info: info.pop('annos'), KeyError, "has no 'annos'"),
        (FRAMES, lambda info: info['annos'].pop('occluded'), ValueError, r"no \['occluded'\]"),
    ],
)
def test_frames_that_cannot_be_evaluated_are_refused_before(write, frames, change, error, message):
    with pytest.raises(error, match=message):
        KittiDataset(**write(frames, change), test_mode=True).check_evaluation('mAP')


def test_names_that_label_files_cannot_hold_are_refused_before_they_are_written(write, tmp_path):
    dataset = KittiDataset(**{**write(FRAMES), 'classes': ['Person sitting', 'Car']})
    dataset.check_evaluation('mAP')
    for check in (dataset.check_evaluation, dataset.check_format):
        with pytest.raises(ValueError, match=r"\['Person sitting'\] cannot stand in label files"):
            check(submission_prefix=str(tmp_path / 'files'))
