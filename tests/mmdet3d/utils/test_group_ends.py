"""How groups of processes end on one machine and on two, where one of them is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import small_launcher
from support.processes import Processes

pytestmark = pytest.mark.skipif(
    not Path('/proc/self/stat').exists(), reason='no /proc to find processes in'
)
TIMEOUT = 6


@pytest.fixture
def processes():
    with Processes() as started:
        yield started


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / 'config.py'
    path.write_text(f"dist_params = dict(timeout={TIMEOUT})\ndevice = 'cpu'\n")
    return path


@pytest.fixture
def launch(processes, repo_root, free_port):
    """Starts the launcher of a machine."""

    def start(gpus: int, *arguments: object, node: int = 0, nodes: int = 1) -> subprocess.Popen:
        return processes.start(
            *(sys.executable, small_launcher.__file__, str(gpus), *map(str, arguments)),
            cwd=repo_root,
            PYTHONPATH=str(repo_root),
            PORT=str(free_port),
            NNODES=str(nodes),
            NODE_RANK=str(node),
            TORCH_CPP_LOG_LEVEL='ERROR',
        )

    return start


def until_it_trains(process: subprocess.Popen) -> None:
    for line in process.stdout:
        if line.startswith('training'):
            return
    raise AssertionError('it does not train')


def end_of(process: subprocess.Popen, seconds: float) -> tuple[str, float]:
    """What a process says until its end, and how long that takes."""
    start = time.monotonic()
    text, _ = process.communicate(timeout=seconds)
    return text, time.monotonic() - start


@pytest.mark.parametrize(
    'gone, left, sent',
    [
        ('machine 1', 0, signal.SIGKILL),
        ('launcher 0', 1, signal.SIGKILL),
        ('machine 1', 0, signal.SIGSTOP),
    ],
)
def test_a_machine_ends_soon_after_another_is_gone(processes, launch, config, gone, left, sent):
    machines = [launch(1, config, 'nothing', 0, 5000, node=node, nodes=2) for node in (0, 1)]
    for machine in machines:
        until_it_trains(machine)
    ranks = [processes.descendants(machine.pid) for machine in machines]
    kind, number = gone.split()
    lost = int(number)
    for pid in [machines[lost].pid, *(ranks[lost] if kind == 'machine' else [])]:
        os.kill(pid, sent)
    text, _ = end_of(machines[left], TIMEOUT + 15)
    assert machines[left].returncode == 1
    lines = text.splitlines()
    expected = f'error: process {left} ended with status 1, since another process is gone or does'
    assert lines[-1].startswith(expected) and lines[-1].endswith('the errors of the other machines')
    assert ('Timed out waiting 6000ms' in lines[-1]) == (sent == signal.SIGSTOP)
    processes.await_end_of(ranks[left], 10)
    if kind == 'launcher':
        processes.await_end_of(ranks[lost], 10)


def test_a_process_that_fails_shows_its_traceback_and_the_group_ends(launch, config):
    group = launch(2, config, 'raises', 1, 5000)
    until_it_trains(group)
    text, seconds = end_of(group, 40)
    assert group.returncode == 1 and seconds < 30
    assert text.count('Traceback (most recent call last)') == 1
    assert 'small_tool.py", line' in text and 'in happens' in text
    assert text.splitlines()[-1] == 'error: the fault of this process'


def test_a_group_is_started_again_as_often_as_it_may_be(launch, config):
    group = launch(2, config, 'is killed once', 1, 12, '--max-restarts', 1)
    text, _ = end_of(group, 90)
    assert group.returncode == 0, text
    lines = [line for line in text.splitlines() if line.startswith('training')]
    assert sorted(lines) == [
        f'training, process {rank}, attempt {attempt}' for rank in (0, 1) for attempt in (0, 1)
    ]


@pytest.mark.parametrize('sent, status', [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_to_the_launcher_reaches_all(processes, launch, config, sent, status):
    group = launch(2, config, 'nothing', 0, 5000)
    until_it_trains(group)
    ranks = processes.descendants(group.pid)
    group.send_signal(sent)
    text, _ = end_of(group, 40)
    assert group.returncode == status
    assert text.splitlines()[-1].split()[0] in ('ended', 'interrupted')
    processes.await_end_of(ranks, 10)


def test_a_machine_that_does_not_come_is_missed_after_the_timeout(launch, config):
    group = launch(1, config, '--cfg-options', 'dist_params.timeout=2', nodes=2)
    text, _ = end_of(group, 30)
    assert group.returncode == 1
    assert 'another machine of the run is not there: start all NNODES of them' in text
