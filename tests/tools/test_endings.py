"""How the real tools end: alone and as a group, in a wrong environment, killed."""

import ast
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from support import shrink
from support.tooling import call, training_lines

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'


@pytest.fixture
def many_epochs(kitti_data, tmp_path) -> list[str]:
    """Arguments of a training that goes on until it is ended."""
    options = {
        **shrink.small_scene(),
        **shrink.widths(8),
        **shrink.data(str(kitti_data)),
        **shrink.ranges(CONFIG),
        'runner.max_epochs': 1000,
        'log_config.interval': 1,
    }
    where = ['--data-root', str(kitti_data), '--work-dir', str(tmp_path / 'run')]
    return [*where, '--no-validate', '--cfg-options', *shrink.as_arguments(options)]


def start(root: Path, *command: str, **environment: str) -> subprocess.Popen:
    """Start a tool and return once it trains."""
    process = subprocess.Popen(
        command,
        cwd=root,
        env={**os.environ, 'OMP_NUM_THREADS': '1', **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for line in process.stdout:
        if 'Epoch [1][2/' in line:
            return process
    raise AssertionError('it does not train')


def said(process: subprocess.Popen) -> list[str]:
    """What it says until its end, without its log."""
    rest, _ = process.communicate(timeout=60)
    return [line for line in rest.splitlines() if ' - INFO - ' not in line]


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


def test_the_screen_is_short_and_the_log_complete(repo_root, many_epochs, tmp_path):
    command = [sys.executable, 'tools/train.py', CONFIG, '--autoscale-lr', '--gpus', '1']
    process = start(repo_root, *command, *many_epochs)
    process.send_signal(signal.SIGINT)
    assert said(process) == [
        'interrupted: the same command with --auto-resume goes on from the last checkpoint'
    ]
    assert process.returncode == 130
    (log,) = (tmp_path / 'run').glob('*.log')
    before, _, _ = log.read_text().partition('Epoch [1][1/')
    assert 'Hooks, in the order they run:\nbefore_run:' in before
    assert "model = {'type': 'VoxelNet'" in before
    assert 'Learning rate: 0.000125, the 0.001 of the config * 1 / 8' in before


def with_epochs(arguments: list[str], epochs: int) -> list[str]:
    return [f'runner.max_epochs={epochs}' if 'max_epochs' in each else each for each in arguments]


@pytest.mark.parametrize('sent', [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_goes_on_as_if_it_had_not_been(repo_root, many_epochs, tmp_path, sent):
    settings = ['checkpoint_config.iterations=1']
    tool = [sys.executable, 'tools/train.py', CONFIG, '--seed', '3', '--auto-resume']
    command = with_epochs([*tool, *many_epochs, *settings], 2)
    process = start(repo_root, *command)
    process.send_signal(sent)
    lines = said(process)
    if sent == signal.SIGTERM:
        assert process.returncode == 143
        assert len(lines) == 1 and 'ended by SIGTERM' in lines[0]
        assert '.pth was written: the same command with --auto-resume goes on' in lines[0]
    one = {'OMP_NUM_THREADS': '1'}  # as in start(): sums of two threads differ
    done = call(*command, root=repo_root, **one)
    assert done.returncode == 0, done.stderr
    whole = [str(tmp_path / 'whole') if each == str(tmp_path / 'run') else each for each in command]
    assert call(*whole, root=repo_root, **one).returncode == 0
    last = [
        {(line['epoch'], line['iter']): line['loss'] for line in training_lines(tmp_path / name)}
        for name in ('run', 'whole')
    ]
    assert last[0].items() <= last[1].items() and (2, 3) in last[0]
    ends = [
        torch.load(tmp_path / name / 'latest.pth', weights_only=True)['state_dict']
        for name in ('run', 'whole')
    ]
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])


@pytest.mark.skipif(not Path('/proc/self/task').exists(), reason='looks for processes in /proc')
@pytest.mark.parametrize(
    'ended, status, line',
    [
        ('launcher', -signal.SIGKILL, None),
        ('process', 128 + signal.SIGKILL, 'error: process 1 was ended by SIGKILL, probably for'),
    ],
)
def test_processes_of_a_group_end_together(repo_root, many_epochs, free_port, ended, status, line):
    group = {'VIRTUAL_ENV': sys.prefix, 'PORT': str(free_port)}
    command = ['bash', 'tools/dist_train.sh', CONFIG, '2']
    process = start(repo_root, *command, *many_epochs, **group)
    ranks = children(process.pid)
    os.kill(process.pid if ended == 'launcher' else ranks[1], signal.SIGKILL)
    lines = said(process)
    assert process.returncode == status
    assert len(lines) == (line is not None) and all(each.startswith(line) for each in lines)
    deadline = time.monotonic() + 20
    while any(Path(f'/proc/{rank}').exists() for rank in ranks):
        assert time.monotonic() < deadline, 'a process goes on'
        time.sleep(0.1)


@pytest.mark.skipif(not Path('/proc/self/task').exists(), reason='looks for processes in /proc')
def test_a_group_started_again_goes_on_from_its_last_checkpoint(
    repo_root, many_epochs, tmp_path, free_port
):
    group = {'VIRTUAL_ENV': sys.prefix, 'PORT': str(free_port)}
    command = ['bash', 'tools/dist_train.sh', CONFIG, '1', '--max-restarts', '1']
    arguments = with_epochs([*many_epochs, 'checkpoint_config.iterations=1'], 2)
    process = start(repo_root, *command, *arguments, **group)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    text, _ = process.communicate(timeout=200)
    assert process.returncode == 0, text
    assert 'resumed epoch' in text
    assert torch.load(tmp_path / 'run' / 'latest.pth', weights_only=True)['meta']['iter'] == 6
    logs = sorted((tmp_path / 'run').glob('*.log.json'))
    (step, *_) = (line for line in logs[-1].read_text().splitlines() if '"mode": "train"' in line)
    assert '"iter": 1,' not in step or '"epoch": 2' in step


def test_a_group_says_what_is_wrong_once(repo_root, free_port):
    group = {'VIRTUAL_ENV': sys.prefix, 'PORT': str(free_port), 'OMP_NUM_THREADS': '1'}
    command = ['bash', 'tools/dist_train.sh', CONFIG, '2', '--work-dri', 'x']
    done = call(*command, root=repo_root, **group)
    assert done.returncode == 2
    assert done.stderr.startswith('error: there is no --work-dri: did you mean --work-dir?')
    assert done.stderr.count('\n') == 1


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['8', CONFIG], f"GPUS has to be a positive number, not '{CONFIG}'; usage: bash tools"),
        ([CONFIG], 'GPUS is missing; usage: bash tools/dist_train.sh CONFIG GPUS'),
    ],
)
def test_wrong_arguments_of_the_launcher_show_its_usage(repo_root, arguments, message):
    done = call('bash', 'tools/dist_train.sh', *arguments, root=repo_root, VIRTUAL_ENV=sys.prefix)
    assert done.returncode == 2
    assert done.stderr.startswith(f'error: {message}') and done.stderr.count('\n') == 1


def test_an_environment_that_lacks_everything_is_named(repo_root, tmp_path):
    bare = tmp_path / 'python'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', bare], check=True)
    python = str(bare / 'bin' / 'python')
    for tool in ('tools/train.py', 'benchmarks/kd_gain.py'):
        done = call(python, tool, root=repo_root, PYTHONPATH='')
        assert done.returncode == 1
        assert done.stderr.startswith(f'error: {python} (Python ')
        assert 'it lacks torch==' in done.stderr and 'bash tools/install.sh' in done.stderr
        assert done.stderr.count('\n') == 1


def test_an_environment_that_was_removed_is_named(repo_root, tmp_path):
    done = call('bash', 'tools/dist_train.sh', root=repo_root, VIRTUAL_ENV=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith(f'error: {tmp_path}/bin/python is not there')


@pytest.mark.parametrize(
    'variable, message',
    [({'DATA': 'nowhere'}, 'DATA=nowhere is no folder'), ({'QUICKSTART_SCALE': 'half'}, '=half')],
)
def test_quickstart_refuses_wrong_settings_before_it_installs(repo_root, variable, message):
    done = call('bash', 'tools/quickstart.sh', root=repo_root, **variable)
    assert done.returncode == 1
    assert done.stderr.startswith('error: ') and message in done.stderr
    assert done.stderr.count('\n') == 1


@pytest.mark.parametrize('folder', ['tools', 'benchmarks'])
def test_an_old_python_can_read_what_tells_it_so(repo_root, monkeypatch, folder):
    for path in (repo_root / folder).glob('*.py'):
        ast.parse(path.read_text(), str(path), feature_version=(3, 8))
    monkeypatch.setattr(sys, 'version_info', (3, 8, 18))
    with pytest.raises(SystemExit, match=r'Python 3\.8\.18\) .*3\.11 or 3\.12 is needed; run bash'):
        runpy.run_path(str(repo_root / folder / '_environment.py'))
