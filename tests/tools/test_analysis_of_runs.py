"""Errors and speed of runs by the real tools."""

import subprocess
import sys

import pytest
from support import shrink
from support.run_folder import write_run
from support.tooling import call_here

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
ERRORS = 'tools/analysis_tools/analyze_errors.py'
SPEED = 'tools/analysis_tools/benchmark.py'


@pytest.fixture(scope='module')
def run_folder(kitti_data, tmp_path_factory):
    settings = {**shrink.small_scene(), **shrink.widths(4), **shrink.data(str(kitti_data))}
    return write_run(tmp_path_factory.mktemp('run'), PILLARS, settings, data_root=kitti_data)


def test_errors_of_two_runs_are_written_from_any_folder(repo_root, run_folder, tmp_path):
    runs = [f'teacher={run_folder}', f'student={run_folder}']
    command = [sys.executable, str(repo_root / ERRORS), *runs, '--out', 'out', '--score', '0']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / 'out').iterdir()}
    assert written == {
        'errors.csv', 'errors.md', 'errors.png', 'precision_recall.png', 'report.html'
    }  # fmt: skip
    assert '| all | teacher | ' in done.stdout and '| all | student | ' in done.stdout
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert page.count('data:image/png;base64,') == 2 and '<td>Cyclist</td>' in page


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['{run}'], 'expected NAME=WORK_DIR'),
        (['a={run}', 'a={run}'], 'there is a run a already'),
        (['a={empty}'], 'holds 0 configs'),
        (
            ['a={run}', '--cfg-options', 'data.test.ann_file={data}/kitti_infos_test.pkl',
             'data.test.split=testing'],
            'have no annotations',
        ),
    ],
)  # fmt: skip
def test_runs_without_errors_to_count_are_one_line(
    run_folder, kitti_data, tmp_path, capsys, arguments, message
):
    names = dict(run=run_folder, empty=tmp_path, data=kitti_data)
    given = [argument.format(**names) for argument in arguments]
    assert call_here(ERRORS, *given, '--out', tmp_path / 'out') in (1, 2)
    error = capsys.readouterr().err
    assert message in error and 'Traceback' not in error and 'frame/s' not in error


@pytest.mark.parametrize('further', [[], ['--fuse-conv-bn']])
def test_loading_and_detection_are_timed_apart(run_folder, capsys, further):
    config, checkpoint = run_folder / PILLARS.split('/')[-1], run_folder / 'latest.pth'
    given = ['--samples', 8, '--warmup', 1, '--log-interval', 4, *further]
    assert call_here(SPEED, config, checkpoint, *given) == 0
    printed = capsys.readouterr().out
    assert '4 of 8 frames' in printed and '8 of 8 frames' in printed
    rows = [line.strip('| ').split(' | ') for line in printed.splitlines() if '|' in line][2:]
    medians = {row[0]: float(row[2]) for row in rows}
    assert list(medians) == ['loading', 'detection', 'both']
    assert 0 < medians['loading'] < medians['both'] > medians['detection'] > 0
    for row in rows:
        low, high = map(float, row[3].split('-'))
        assert low <= float(row[2]) <= high
        assert float(row[1]) == pytest.approx(1000 / float(row[2]), rel=0.02)


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['nothing.pth'], 'nothing.pth'),
        (['{checkpoint}', '--samples', '0'], "'0' is not a whole number of 1 or more"),
        (['{checkpoint}', '--data-root', 'nowhere'], 'nowhere is no folder'),
    ],
)
def test_what_cannot_be_timed_is_one_line(run_folder, capsys, arguments, message):
    config = run_folder / PILLARS.split('/')[-1]
    given = [argument.format(checkpoint=run_folder / 'latest.pth') for argument in arguments]
    assert call_here(SPEED, config, *given) in (1, 2)
    error = capsys.readouterr().err
    assert message in error and 'Traceback' not in error
