"""tools/analysis_tools/analyze_logs.py: curves, times and a page of all curves."""

import sys
from xml.etree import ElementTree

import pytest
from PIL import Image
from support import logs
from support.tooling import call_here, run

TOOL = 'tools/analysis_tools/analyze_logs.py'
AP = {'Car': {'bev': (60.0, 50.0, 40.0), '3d': (50.0, 40.0, 30.0)}}


@pytest.fixture
def work_dirs(tmp_path) -> list[str]:
    """A plain run, and one with a loss of distillation; both evaluated twice."""
    for name, losses in (('plain', {}), ('kd', {'loss_kd': 0.2})):
        lines = logs.training_lines([1, 2], {**losses, 'loss': 1.0})['json']
        values = [logs.val_json(epoch, logs.kitti_figures('AP40', AP)) for epoch in (1, 2)]
        logs.write(tmp_path / name / '1.log.json', [*lines, *values])
    return [str(tmp_path / name) for name in ('plain', 'kd')]


def test_curves_of_any_key_are_drawn_over_runs(work_dirs, tmp_path, capsys):
    keys = ['loss', 'loss_kd', 'Car AP40_3D_moderate_strict', 'time']
    out = tmp_path / 'new' / 'curves.png'
    assert call_here(TOOL, 'plot_curve', *work_dirs, '--keys', *keys, '--out', out) == 0
    width, height = Image.open(out).size
    assert width > height > 300
    assert 'plain logged no loss_kd: no curve' in capsys.readouterr().err


def test_curves_are_drawn_as_svg_from_any_folder_with_mmdetection3ds_arguments(
    repo_root, work_dirs, tmp_path
):
    log = f'{work_dirs[1]}/1.log.json'
    said = run(
        *(sys.executable, str(repo_root / TOOL), 'plot_curve', log, '--keys', 'loss', 'loss_kd'),
        *('--legend', 'all', 'only KD', '--title', 'run 1', '--out', 'curves.svg'),
        *('--style', 'dark', '--mode', 'train', '--interval', '2'),
        root=tmp_path,
    )
    assert said.count('changes nothing') == 3
    text = (tmp_path / 'curves.svg').read_text()
    assert ElementTree.fromstring(text).tag.endswith('svg')
    assert '<!-- only KD -->' in text and '<!-- run 1 -->' in text


def test_times_are_those_of_the_log(tmp_path, capsys):
    lines = [
        f'{{"mode": "train", "epoch": {epoch}, "iter": {i}, "time": {time}, "data_time": 0.1}}'
        for epoch, times in ((1, (9.0, 0.4, 0.6)), (2, (9.0, 0.8, 1.0)))
        for i, time in enumerate(times, 1)
    ]
    path = logs.write(tmp_path / '1.log.json', lines)
    assert call_here(TOOL, 'cal_train_time', path) == 0
    assert capsys.readouterr().out.splitlines() == [
        '-----Analyze train time of 1.log.json-----',
        'slowest epoch 2, average time is 0.9000',
        'fastest epoch 1, average time is 0.5000',
        'time std over epochs is 0.2000',
        'average iter time: 0.7000 s/iter',
        'median iter time: 0.7000 s/iter',
        'share of data_time: 14.3%',
    ]
    assert call_here(TOOL, 'cal_train_time', path, '--include-outliers') == 0
    assert 'average iter time: 3.4667 s/iter' in capsys.readouterr().out


def test_the_page_holds_all_curves_of_a_run(work_dirs, tmp_path):
    assert call_here(TOOL, 'page', work_dirs[1], '--out', tmp_path / 'page.html') == 0
    page = (tmp_path / 'page.html').read_text()
    headings = [part.partition('</h2>')[0] for part in page.split('<h2>')[1:]]
    assert headings == [
        'Run',
        'Losses',
        'KITTI, 3D, AP40, strict overlaps',
        'KITTI, BEV, AP40, strict overlaps',
        'Time and learning rate',
    ]
    assert page.count('src="data:image/png;base64,') == len(headings) - 1
    assert '<td>0.500</td>' in page and '<td>20.0%</td>' in page


@pytest.mark.parametrize(
    'arguments, said',
    [
        ('plot_curve {plain} --keys los', 'plain logged no los; what they logged is such as loss'),
        ('plot_curve {plain} --out curves.gif', 'a picture ends in one of .png, .svg, .pdf'),
        ('plot_curve {plain} --legend a b c', 'the legend has 3 names; expected one for each of 1'),
        ('plot_curve {plain} --kyes loss', 'there is no --kyes: did you mean --keys?'),
        ('plot_curve {plain}/none.json', 'none.json does not exist: give a log'),
        ('cal_train_time {empty}', 'empty has logged no step of training with its time'),
        ('page {empty} --out page.html', 'empty has logged neither training nor evaluation'),
        ('page {plain}', 'arguments are required: --out'),
        ('cal_train_time', 'arguments are required: LOG'),
        ('plot {plain}', "invalid choice: 'plot'"),
    ],
)
def test_mistakes_are_one_line(work_dirs, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    logs.write(tmp_path / 'empty' / '1.log.json', ['{"seed": 0}'])
    words = arguments.format(plain=work_dirs[0], empty=tmp_path / 'empty').split()
    assert call_here(TOOL, *words) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count('\n') == 1


def test_runs_of_the_same_name_are_told_apart_by_their_folders(tmp_path, capsys):
    lines = logs.training_lines([1], {'loss': 1.0})['json']
    for arm in ('a', 'b'):
        logs.write(tmp_path / arm / '0' / '1.log.json', lines)
    assert call_here(TOOL, 'cal_train_time', tmp_path / 'a' / '0', tmp_path / 'b' / '0') == 0
    out = capsys.readouterr().out
    assert 'time of a/0-----' in out and 'time of b/0-----' in out
