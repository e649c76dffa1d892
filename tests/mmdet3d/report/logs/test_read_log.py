"""Logs of this project, of mmdetection3d and of the released PointDistiller are read alike."""

import json
import warnings

import pytest
from support import logs

from mmdet3d.report.logs import Step, canonical_name, read_log

CAR = {'bbox': (90.1, 89.2, 88.3), 'bev': (80.4, 79.5, 78.6), '3d': (70.7, 69.8, 68.9)}
CYCLIST = {'bbox': (60.1, 59.2, 58.3), 'bev': (50.4, 49.5, 48.6), '3d': (40.7, 39.8, 38.9)}


def test_training_lines_of_text_and_json_are_the_same_steps(tmp_path):
    lines = logs.training_lines([1, 2], {'loss_kd': 0.25, 'loss': 1.5})
    text = read_log(logs.write(tmp_path / 'a.log', lines['text']))
    read = read_log(logs.write(tmp_path / 'a.log.json', ['{"seed": 3}', *lines['json']]))
    assert read.steps[0] == Step(
        1, 50, dict(lr=0.0018, memory=3000, time=0.5, data_time=0.1, loss_kd=0.25, loss=1.5)
    )
    for step, other in zip(text.steps, read.steps, strict=True):
        assert step == Step(
            other.epoch,
            other.iteration,
            {key: value for key, value in other.values.items() if key != 'memory'},
        )
    assert text.positions() == read.positions() == [50, 100, 150, 200]
    assert (text.epoch_length, read.seed) == (100, 3)


@pytest.mark.parametrize(
    'label, ours', [('AP40', 'AP40'), ('AP11', 'AP11'), ('AP', 'AP11')], ids=str
)
def test_result_tables_become_figures_under_one_name(tmp_path, label, ours):
    classes = {'Cyclist': CYCLIST, 'Car': {**CAR, 'aos': (10.0, 9.0, 8.0)}}
    lines = logs.training_lines([1, 2], {'loss': 1.0})['text']
    read = read_log(logs.write(tmp_path / 'a.log', lines + logs.kitti_tables(label, classes)))
    (evaluation,) = read.evaluations
    assert evaluation.epoch == 2
    figures = evaluation.figures
    assert figures[f'KITTI/Car_3D_{ours}_moderate_strict'] == 69.8
    assert figures[f'KITTI/Car_3D_{ours}_moderate_loose'] == pytest.approx(70.8)
    assert figures[f'KITTI/Cyclist_BEV_{ours}_hard_strict'] == 48.6
    assert figures[f'KITTI/Overall_2D_{ours}_easy'] == pytest.approx((90.1 + 60.1) / 2)
    assert figures[f'KITTI/Car_AOS_{ours}_easy_strict'] == 10.0
    assert len(figures) == 2 * 18 + 9 + 2 * 3 + 0


def test_a_class_whose_overlaps_are_equal_has_strict_and_loose_tables(tmp_path):
    lines = logs.kitti_tables('AP40', {'Tram': {'3d': (3.0, 2.0, 1.0)}})
    lines = [line.replace('0.50, 0.25, 0.25', '0.50, 0.50, 0.50') for line in lines]
    two = lines + [line.replace('3.0000', '5.0000') for line in lines]
    first, second = (
        read_log(logs.write(tmp_path / f'{i}.log', each)).evaluations[0].figures
        for i, each in enumerate((lines, two))
    )
    assert first['KITTI/Tram_3D_AP40_easy_strict'] == 3.0
    assert first['KITTI/Tram_3D_AP40_easy_loose'] == 4.0
    assert second['KITTI/Tram_3D_AP40_easy_strict'] == 5.0


@pytest.mark.parametrize(
    'logged, name',
    [
        ('KITTI/Car_3D_AP40_moderate_strict', 'KITTI/Car_3D_AP40_moderate_strict'),
        ('pts_bbox/KITTI/Car_3D_AP11_easy_loose', 'KITTI/Car_3D_AP11_easy_loose'),
        ('KITTI/Person_sitting_BEV_hard_strict', 'KITTI/Person_sitting_BEV_AP11_hard_strict'),
        ('KITTI/Overall_3D_moderate', 'KITTI/Overall_3D_AP11_moderate'),
        ('Car AP40_3D_moderate_strict', 'KITTI/Car_3D_AP40_moderate_strict'),
        ('Car_3D_AP40_moderate', 'KITTI/Car_3D_AP40_moderate_strict'),
        ('pts_bbox_NuScenes/NDS', 'NuScenes/NDS'),
        ('NuScenes/mAP', 'NuScenes/mAP'),
        ('img_bbox_NuScenes/mAP', 'img_bbox_NuScenes/mAP'),
        ('loss_3D', 'loss_3D'),
    ],
)
def test_figures_have_one_name_in_every_version(logged, name):
    assert canonical_name(logged) == name
    assert canonical_name(name) == name


def test_the_line_of_an_evaluation_says_its_epoch_and_the_json_has_more_digits(tmp_path):
    key = 'KITTI/Car_3D_AP40_moderate_strict'
    lines = logs.training_lines([39, 40], {'loss': 1.0})
    tables = logs.kitti_tables('AP40', {'Car': CAR})
    text = [*lines['text'], *tables, logs.val_text(40, {f'pts_bbox/{key}': 69.8123})]
    logs.write(tmp_path / 'a.log', text)
    assert read_log(tmp_path).evaluations[0].figures[key] == 69.8123
    logs.write(tmp_path / 'a.log.json', [*lines['json'], logs.val_json(40, {key: 69.81234})])
    (evaluation,) = read_log(tmp_path).evaluations
    assert (evaluation.epoch, evaluation.figures[key]) == (40, 69.81234)
    assert evaluation.figures['KITTI/Car_BEV_AP40_hard_strict'] == 78.6


def test_figures_of_nuscenes_are_read_from_both_formats_and_from_the_devkits_words(tmp_path):
    figures = {'pts_bbox_NuScenes/mAP': 0.36, 'pts_bbox_NuScenes/mATE': 0.448}
    logs.write(tmp_path / 'a.log.json', [logs.val_json(24, figures)])
    logs.write(tmp_path / 'b.log', [logs.val_text(24, figures)])
    logs.write(tmp_path / 'c.log', ['mAP: 0.3600', 'mATE: 0.4480', 'Eval time: 60.1s'])
    for name in ('a.log.json', 'b.log', 'c.log'):
        (evaluation,) = read_log(tmp_path / name).evaluations
        assert evaluation.figures == {'NuScenes/mAP': 0.36, 'NuScenes/mATE': 0.448}


@pytest.mark.parametrize(
    'broken',
    [
        '{"mode": "train", "epoch": 1, "it',
        '[1, 2]',
        '{"mode": "train", "epoch": 1}',
        '{"mode": "val", "iter": 1}',
    ],
)
def test_a_broken_line_of_the_json_is_skipped_with_its_file_and_number(tmp_path, broken):
    lines = logs.training_lines([1], {'loss': 1.0})['json']
    path = logs.write(tmp_path / 'a.log.json', [lines[0], broken, lines[1]])
    with pytest.warns(UserWarning) as caught:
        read = read_log(path)
    assert len(read.steps) == 2
    (said,) = caught
    assert str(said.message).startswith(f'{path}, line 2: skipped as broken (')


@pytest.mark.parametrize(
    'broken',
    [
        f'{logs.STAMP}Epoch [1][60/',
        f'{logs.STAMP}Epoch [1][60/100]\tlr: 1.800e-03, eta: 1:02:03, loss',
        f'{logs.STAMP}Epoch(val) [1][37',
        'Car AP40@0.70, 0.7',
        'Car AP40@0.70, 0.70, 0.70',
        '3d   AP40:70.7000, 69.8000',
        'Car AP40@0.70, 0.70, 0.70:\n3d   AP40:70.7000, 69.8000, 68.9',
    ],
)
def test_a_broken_line_of_the_text_is_skipped_with_its_file_and_number(tmp_path, broken):
    lines = logs.training_lines([1], {'loss': 1.0})['text']
    path = logs.write(tmp_path / 'a.log', [lines[0], broken, lines[1]])
    number = 2 + broken.count('\n')
    with pytest.warns(UserWarning) as caught:
        read = read_log(path)
    assert len(read.steps) == 2 and not read.evaluations
    (said,) = caught
    assert str(said.message).startswith(f'{path}, line {number}: skipped as broken (')


def test_many_broken_lines_are_one_warning(tmp_path):
    path = tmp_path / 'a.log.json'
    path.write_bytes(b'\x00\xff{\n' * 30)
    with pytest.warns(UserWarning) as caught:
        read_log(path)
    assert len(caught) == 1 and 'line 9, line 10 and 20 more' in str(caught[0].message)


@pytest.mark.parametrize('first', [1, 3])
def test_logs_of_a_resumed_run_are_joined_and_later_epochs_win(tmp_path, first):
    key = 'KITTI/Car_3D_AP40_moderate_strict'
    before = logs.training_lines([1, 2, 3], {'loss': 1.0})['json']
    after = logs.training_lines(range(first, 5), {'loss': 2.0})['json']
    old = [logs.val_json(epoch, {key: float(epoch)}) for epoch in (1, 2, 3)]
    logs.write(tmp_path / '20220101_000000.log.json', before + old)
    logs.write(tmp_path / '20220102_000000.log.json', [*after, logs.val_json(4, {key: 40.0})])
    logs.write(tmp_path / '20220103_000000.log.json', ['{"seed": 0}'])  # it ended at its start
    read = read_log(tmp_path)
    assert [step.epoch for step in read.steps] == [1, 1, 2, 2, 3, 3, 4, 4]
    losses = [step.values['loss'] for step in read.steps]
    assert losses == [1.0] * 2 * (first - 1) + [2.0] * 2 * (5 - first)
    expected = {epoch: float(epoch) for epoch in range(1, first)} | {4: 40.0}
    assert {each.epoch: each.figures[key] for each in read.evaluations} == expected


def test_iterations_of_an_iteration_based_run_are_counted_once(tmp_path):
    lines = [
        json.dumps({'mode': 'train', 'epoch': epoch, 'iter': iteration, 'loss': 1.0})
        for epoch, iteration in ((1, 50), (1, 100), (2, 150), (3, 200))
    ]
    assert read_log(logs.write(tmp_path / 'a.log.json', lines)).positions() == [50, 100, 150, 200]
    text = [f'{logs.STAMP}Iter [{i}/200]\tlr: 1.0e-03, eta: 0:01:00, loss: 1.0' for i in (50, 100)]
    logs.write(tmp_path / 'a.log', [*text, f'{logs.STAMP}Iter(val) [8]\tNuScenes/NDS: 0.5000'])
    read = read_log(tmp_path / 'a.log')
    assert read.positions() == [50, 100]
    assert [each.epoch for each in read.evaluations] == [None]


@pytest.mark.parametrize(
    'line', ['Set random seed to 7, deterministic: False', 'Device: cpu, seed: 7', 'seed = 7']
)
def test_the_seed_is_told_by_the_text(tmp_path, line):
    assert read_log(logs.write(tmp_path / 'a.log', [line, 'seed = 8'])).seed == 7


def test_results_of_another_branch_are_left_out(tmp_path):
    tables = logs.kitti_tables('AP40', {'Car': CAR})
    other = [line.replace('90.1', '11.1') for line in tables]
    both = ['Results of pts_bbox:', *tables, 'Results of img_bbox:', *other]
    (evaluation,) = read_log(logs.write(tmp_path / 'a.log', both)).evaluations
    assert evaluation.figures['KITTI/Car_2D_AP40_easy_strict'] == 90.1


def test_what_is_no_log_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='is no folder of a run'):
        read_log(tmp_path)
    with pytest.raises(FileNotFoundError, match=r'none.log does not exist: give a log, or'):
        read_log(tmp_path / 'none.log')


def test_an_empty_log_says_nothing(tmp_path):
    for name in ('a.log', 'a.log.json'):
        (tmp_path / name).touch()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        read = read_log(tmp_path)
    assert (read.steps, read.evaluations, read.last_epoch, read.names()) == ([], [], 0, [])
