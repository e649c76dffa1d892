"""The paper's tables from logs in mmdetection3d's format, right to the digit."""

from pathlib import Path

import pytest
from support import logs
from support.evaluation_frames import make_frames

from mmdet3d.core.evaluation import kitti_eval
from mmdet3d.report.paper import Table, make_tables
from mmdet3d.report.paper.run import read_run

ROOT = Path(__file__).resolve().parents[4]
PILLARS = ROOT / 'configs/pointpillars'
KITTI = 'hv_pointpillars_secfpn_6x8_160e_kitti-3d'
STUDENT = PILLARS / f'{KITTI}-3class_student_16x.py'
NUSCENES = PILLARS / 'hv_pointpillars_secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py'
QUICKSTART = ROOT / 'configs/quickstart'
# Easy, moderate and hard, to which the test adds.
FIGURES = {
    'Pedestrian': {'bev': (50.11, 45.22, 40.33), '3d': (44.14, 38.25, 35.36)},
    'Cyclist': {'bev': (74.41, 56.52, 52.63), '3d': (70.74, 52.15, 48.76)},
    'Car': {'bev': (91.31, 84.82, 82.23), '3d': (83.14, 69.85, 65.46)},
}
EPOCHS = 80


def raised(by: float, names=tuple(FIGURES)) -> dict:
    return {
        name: {view: tuple(value + by for value in row) for view, row in FIGURES[name].items()}
        for name in names
    }


def write_run(folder: Path, config: Path, figures: dict, kd=False, seed=0, last=EPOCHS) -> Path:
    """A run of mmdetection3d that was evaluated after two epochs, the first of them the better."""
    logs.add_config(folder, config)
    losses = {'loss_kd': 0.1, 'loss': 1.0} if kd else {'loss': 1.0}
    text = [f'{logs.STAMP}Set random seed to {seed}, deterministic: False']
    for epoch, by in ((last - 2, 0.0), (last, -1.0)):
        text += logs.training_lines([epoch], losses)['text']
        now = {
            name: {view: [v + by for v in row] for view, row in rows.items()}
            for name, rows in figures.items()
        }
        for label, more in (('AP11', 2.0), ('AP40', 0.0)):
            shown = {n: {w: [v + more for v in r] for w, r in rs.items()} for n, rs in now.items()}
            text += logs.kitti_tables(label, shown)
        text.append(logs.val_text(epoch, {'KITTI/Car_3D_AP40_moderate_loose': 99.0}))
    logs.write(folder / '20220520_120000.log', text)
    return folder


def lines_of(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.titles, row, strict=True)) for row in table.rows]


@pytest.fixture(scope='module')
def runs(tmp_path_factory) -> Path:
    """A 16x student of three classes, plain with two seeds and distilled."""
    folder = tmp_path_factory.mktemp('runs')
    for seed in (0, 1):
        write_run(folder / f'plain_{seed}', STUDENT, raised(seed), seed=seed)
    write_run(folder / 'kd', STUDENT, raised(2.5), kd=True)
    return folder


@pytest.fixture(scope='module')
def tables(runs) -> list[Table]:
    return make_tables(sorted(runs.iterdir()))


def test_tables_1_and_2_are_right_to_the_digit(tables):
    assert [table.title for table in tables] == [
        "Table 1: KITTI, bird's-eye view, AP at 40 recalls (R40) in percent",
        'Table 2: KITTI, 3D, AP at 40 recalls (R40) in percent',
    ]
    bev, three_d = map(lines_of, tables)
    plain, plain_last, kd, kd_last = three_d
    # Means of seeds 0 and 1, which are a point apart: 0.5 more, with a deviation of 0.707.
    expected = {
        'detector': 'PointPillars',
        'compression': '16x',
        'parameters (M)': '0.31',
        'parameters (M) (paper)': '0.3',
        'multiply-adds (G) (paper)': '2.5',
        'KD': 'no',
        'epoch': 'best (78)',
        'seeds': '0, 1',
        'Car easy': '83.6 ± 0.7',
        'Car easy (paper)': '83.1',
        'Pedestrian hard': '35.9 ± 0.7',
        'Cyclist moderate (paper)': '52.1',
        'mAP moderate': '53.9 ± 0.7',
        'mAP moderate (paper)': '53.5',
        'over student': '-',
        'over teacher': '-',
        'notes': '-',
    }
    assert plain.items() >= expected.items()
    assert plain_last['epoch'] == 'last (80)' and plain_last['Car easy'] == '82.6 ± 0.7'
    assert (kd['KD'], kd['Car moderate'], kd['Car moderate (paper)']) == ('yes', '72.3', '69.8')
    assert (kd['mAP moderate'], kd['over student'], kd['seeds']) == ('55.9', '+2.0', '0')
    assert (kd_last['mAP moderate'], kd_last['over student']) == ('54.9', '+2.0')
    assert (bev[2]['Cyclist easy'], bev[2]['Cyclist easy (paper)']) == ('76.9', '77.2')
    assert float(plain['multiply-adds (G)']) == pytest.approx(2.5, abs=0.1)


def test_the_notes_say_where_the_published_figures_are_from(tables):
    notes = ' '.join(tables[1].notes)
    assert 'Paper: arXiv 2205.11098, table 2.' in notes
    assert 'issue 12 of the release' in notes and '67.24, 54.94 and 50.96' in notes


def test_at_11_recalls_the_figures_are_those_of_that_table(runs):
    kd = lines_of(make_tables([runs / 'kd'], 'R11')[1])[0]
    assert kd['Car moderate'] == f'{69.85 + 2.5 + 2:.1f}'
    assert not [title for title in kd if 'paper' in title and ('Car' in title or 'mAP' in title)]


def test_the_two_networks_of_pointpillars_are_one_row(tmp_path):
    for seed in (0, 1):
        car = PILLARS / f'{KITTI}-car_student_16x.py'
        write_run(tmp_path / f'car{seed}', car, raised(seed, ['Car']), seed=seed)
    # One seed in common, and one of its own.
    for number, seed in enumerate((1, 3)):
        others = PILLARS / f'{KITTI}-pedcyc_student_16x.py'
        figures = raised(2 * number, ['Pedestrian', 'Cyclist'])
        write_run(tmp_path / f'others{number}', others, figures, seed=seed)
    best, last = lines_of(make_tables(sorted(tmp_path.iterdir()))[1])
    assert (best['epoch'], last['epoch']) == ('best (78/78)', 'last (80/80)')
    assert best['parameters (M)'] == '0.30 + 0.31'
    assert best['Car easy'] == f'{83.64:.1f} ± 0.7'
    assert best['Pedestrian easy'] == f'{45.14:.1f} ± 1.4'
    moderate = [(69.85 + i + 38.25 + 2 * i + 52.15 + 2 * i) / 3 for i in (0, 1)]
    assert best['mAP moderate'].split(' ± ')[0] == f'{sum(moderate) / 2:.1f}'
    assert best['Cyclist easy (paper)'] == '70.9'


def test_incomplete_runs_are_marked_and_left_out_where_there_are_whole_ones(tmp_path):
    student = QUICKSTART / 'pointpillars_3class_student_4x.py'
    write_run(tmp_path / 'a', student, raised(0.0), last=10)
    write_run(tmp_path / 'b', student, raised(9.0), seed=1, last=3)
    lines = logs.training_lines([9, 10], {'loss': 1.0})['json']
    never = logs.add_config(tmp_path / 'c', student)
    logs.write(never / '1.log.json', ['{"seed": 2}', *lines])
    line = lines_of(make_tables([tmp_path / name for name in 'abc'])[1])[0]
    assert line['Car easy'] == '83.1' and line['seeds'] == '0'
    assert line['notes'] == 'seed 1: 3 of 4 epochs, left out; seed 2: not evaluated, left out'
    (alone,) = lines_of(make_tables([never])[1])
    assert (alone['notes'], alone['Car easy'], alone['epoch']) == ('not evaluated', '-', '-')
    cut = logs.add_config(tmp_path / 'd', student)
    logs.write(cut / '1.log.json', lines[:-1])
    (unfinished,) = lines_of(make_tables([cut])[1])
    assert unfinished['notes'] == 'epoch 10 is unfinished, not evaluated'


def test_the_log_of_this_projects_evaluation_is_shown_to_the_digit(tmp_path):
    classes = ['Pedestrian', 'Cyclist', 'Car']
    text, figures = kitti_eval(*make_frames(), classes)
    config = QUICKSTART / 'pointpillars_3class_student_4x.py'
    folder = logs.add_config(tmp_path / 'run', config)
    lines = logs.training_lines(range(1, 11), {'loss': 1.0})
    logs.write(folder / '1.log', [*lines['text'], logs.STAMP, *text.splitlines()])
    logs.write(folder / '1.log.json', [*lines['json'], logs.val_json(10, figures)])
    for view, table in zip(('BEV', '3D'), make_tables([folder])):
        (line,) = lines_of(table)
        assert line['epoch'] == 'best and last (10)'
        for name in classes:
            for difficulty in ('easy', 'moderate', 'hard'):
                value = figures[f'KITTI/{name}_{view}_AP40_{difficulty}_strict']
                assert 0 < value < 100
                assert line[f'{name} {difficulty}'] == f'{value:.1f}'
        assert line['mAP moderate'] == f'{figures[f"KITTI/Overall_{view}_AP40_moderate"]:.1f}'
        assert not [title for title in line if 'paper' in title]  # a smaller network


def test_table_4_is_right_to_the_digit(tmp_path):
    names = ('mAP', 'NDS', 'mATE', 'mASE', 'mAOE', 'mAVE', 'mAAE')
    for name, kd, by in (('plain', 0, 0.0), ('kd', 1, 0.0125)):
        folder = logs.add_config(tmp_path / name, NUSCENES)
        losses = {'loss_kd': 0.1, 'loss': 1.0} if kd else {'loss': 1.0}
        values = {f'pts_bbox_NuScenes/{each}': 0.3 + i / 100 + by for i, each in enumerate(names)}
        lines = [*logs.training_lines([23, 24], losses)['json'], logs.val_json(24, values)]
        logs.write(folder / '1.log.json', lines)
    (table,) = make_tables([tmp_path / 'kd', tmp_path / 'plain'])
    plain, kd = lines_of(table)
    assert [plain[name] for name in names] == [f'{30 + i:.1f}' for i in range(7)]
    published = [32.8, 48.6, 45.2, 28.4, 52.3, 35.1, 17.3]
    assert [float(kd[f'{name} (paper)']) for name in names] == published
    assert (kd['NDS'], kd['over student'], kd['compression']) == (f'{32.25:.1f}', '+1.3', '4x')


def variant(folder: Path, **kd_cfg) -> Path:
    """A config of the quickstart's student that is distilled in another way."""
    folder.mkdir()
    (folder / 'student.py').write_text(
        f'_base_ = {str(QUICKSTART / "pointpillars_3class_student_4x.py")!r}\n'
        f'model = dict(train_cfg=dict(kd_cfg={kd_cfg!r}))\n'
    )
    return folder / 'student.py'


@pytest.fixture(scope='module')
def quickstart(tmp_path_factory) -> list[Path]:
    """The quickstart's teacher and students, distilled in five ways."""
    folder, made = tmp_path_factory.mktemp('quickstart'), tmp_path_factory.mktemp('configs')
    fit_nets = dict(feature='neck_features', level=0, loss=dict(type='FitNets'))
    configs = {
        'teacher': QUICKSTART / 'pointpillars_3class.py',
        'plain': QUICKSTART / 'pointpillars_3class_student_4x.py',
        'paper': QUICKSTART / 'pointpillars_3class_student_4x.py',
        'recommended': QUICKSTART / 'pointpillars_3class_student_4x_recommended.py',
        'fit_nets': variant(made / 'f', _delete_=True, terms=dict(hint=fit_nets)),
        'local': variant(made / 'l', reweight='none'),
        'weights': variant(made / 'w', local=False),
    }
    return [
        write_run(folder / name, config, raised(i), kd=name not in ('teacher', 'plain'), last=10)
        for i, (name, config) in enumerate(configs.items())
    ]


def test_methods_and_halves_of_the_method_have_tables_of_their_own(quickstart):
    tables = make_tables(quickstart)
    assert [table.title.split(', AP')[0] for table in tables] == [
        f'Table {number}: KITTI, {view}'
        for number, view in (
            *((1, "bird's-eye view"), (2, '3D'), (3, "bird's-eye view"), (3, '3D')),
            *((5, "bird's-eye view"), (5, '3D')),
        )
    ]
    best = [[line for line in lines_of(table) if 'best' in line['epoch']] for table in tables]
    assert [(line['compression'], line['KD']) for line in best[1]] == [
        *(('1x', 'no'), ('4x', 'no')),
        *(('4x', 'yes: FitNets'), ('4x', 'yes: HeadLogits'), ('4x', 'yes')),
    ]
    assert [line['losses'] for line in best[3]] == ['none', 'FitNets', 'HeadLogits', 'LocalGraph']
    halves = [(each['local distillation'], each['reweighted learning']) for each in best[5]]
    assert halves == [('no', 'no'), ('no', 'yes'), ('yes', 'no'), ('yes', 'yes')]
    assert [line['over student'] for line in best[5]] == ['-', '+5.0', '+4.0', '+1.0']
    assert [line['over teacher'] for line in best[5]] == ['+1.0', '+6.0', '+5.0', '+2.0']


def test_logs_without_a_config_have_rows_too(tmp_path):
    for seed in (1, 2):
        lines = logs.kitti_tables('AP40', raised(seed))
        logs.write(tmp_path / f'run_{seed}' / '1.log', lines)
    (line,) = lines_of(make_tables(sorted(tmp_path.iterdir()))[1])
    assert (line['detector'], line['parameters (M)'], line['seeds']) == ('?', '-', '1, 2')
    assert line['Car easy'] == f'{84.64:.1f} ± 0.7'
    assert line['notes'].startswith('seed 1: no config, no training logged')


def test_classes_of_ones_own_have_tables_of_their_own(tmp_path):
    config = ROOT / 'configs/own_data/hv_pointpillars_bus-scooter.py'
    figures = dict.fromkeys(('Bus', 'Scooter'), FIGURES['Car'])
    own = write_run(tmp_path / 'own', config, figures)
    tables = make_tables([own])
    assert tables[1].title.endswith('of Bus, Scooter')
    best = lines_of(tables[1])[0]
    assert (best['Bus hard'], best['mAP moderate']) == (f'{65.46:.1f}', f'{69.85:.1f}')


def test_a_config_of_other_parts_has_a_row_without_a_size(tmp_path):
    run = write_run(tmp_path / 'run', QUICKSTART / 'pointpillars_3class.py', raised(0.0), last=10)
    (config,) = run.glob('*.py')
    config.write_text(config.read_text().replace("type='SECOND'", "type='PillarNeXt'"))
    with pytest.warns(UserWarning, match='pointpillars_3class.py: its size is not known: .*NeXt'):
        best = lines_of(make_tables([run])[1])[0]
    assert (best['detector'], best['parameters (M)'], best['Car hard']) == (
        *('PointPillars', '-', f'{65.46:.1f}'),
    )


def test_folders_of_which_no_table_can_be_made_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='is no folder of a run'):
        make_tables([tmp_path])
    logs.write(tmp_path / '1.log', logs.training_lines([1], {'loss': 1.0})['text'])
    with pytest.raises(ValueError, match=r'no table can be made of .*: neither a config nor'):
        make_tables([tmp_path])


def test_figures_that_were_measured_after_training_count_for_the_last_epoch(tmp_path):
    config = QUICKSTART / 'pointpillars_3class.py'
    folder = logs.add_config(tmp_path / 'run', config)
    logs.write(folder / '1.log.json', logs.training_lines([9, 10], {'loss': 1.0})['json'])
    figures = logs.kitti_figures('AP40', FIGURES)
    (folder / 'figures.json').write_text(str(figures).replace("'", '"'))
    (line,) = lines_of(make_tables([folder])[1])
    assert (line['epoch'], line['Car easy']) == ('best and last (10)', '83.1')
    (folder / 'figures.json').write_text('[1')
    with pytest.raises(ValueError, match=r'figures\.json is no JSON of figures by name'):
        make_tables([folder])


@pytest.mark.parametrize('name', ['loss_kd', 'kd_loss'])
def test_a_run_is_distilled_under_either_name_of_the_loss_in_the_released_code(tmp_path, name):
    lines = logs.training_lines([1], {name: 0.1, 'loss': 1.0})['text']
    logs.write(tmp_path / '20220520_120000.log', lines)
    assert read_run(tmp_path).is_distilled
