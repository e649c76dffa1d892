"""README's first command, at a tenth of its size."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from mmdet3d.report.paper import make_tables


def test_quickstart_ends_with_a_table_and_two_pictures(repo_root, tmp_path):
    environment = {'VIRTUAL_ENV': sys.prefix, 'OUT': str(tmp_path), 'QUICKSTART_SCALE': '0.1'}
    done = subprocess.run(
        ['bash', 'tools/quickstart.sh'],
        cwd=repo_root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    table = [line for line in done.stdout.splitlines() if line.startswith('| ')]
    assert [row.split('|')[1].strip() for row in table] == [
        *('model', '---', 'teacher', 'student', 'student with KD')
    ]
    for name in ('scene.png', 'learning_curves.png'):
        assert min(Image.open(tmp_path / 'comparison' / name).size) > 200
    assert 'loss_kd' in max((tmp_path / 'student_kd').glob('*.log.json')).read_text()
    assert 'loss_kd' not in max((tmp_path / 'student').glob('*.log.json')).read_text()
    measured = [[float(cell) for cell in row.split('|')[10:12]] for row in table[2:]]
    folders = [tmp_path / name for name in ('teacher', 'student', 'student_kd')]
    tables = [[dict(zip(each.titles, row)) for row in each.rows] for each in make_tables(folders)]
    # The paper's table from the logs says what the comparison measured of the weights.
    assert [[float(row['mAP moderate']) for row in pair] for pair in zip(*tables[:2])] == measured
    assert [row['KD'] for row in tables[1]] == ['no', 'no', 'yes: HeadLogits']
    assert [row['Car moderate'] for row in tables[1]] == [
        row.split('|')[9].strip() for row in table[2:]
    ]


# In place of Python: the trainings of the students alone, of which the plain one never ends and, as
# it would with workers, has a process of its own; the distilled one does what the test says.
STAND_IN = """#!/usr/bin/env bash
case "$*" in
*student_kd*) until [ -e "$OUT/started" ]; do sleep 0.05; done; {distilled} ;;
*sys.prefix*) echo "$OUT" ;; # for the installation's stamp
*student*) sleep 600 & touch "$OUT/started"; wait ;;
esac
"""


def processes_of(session: int) -> list[int]:
    """The processes of a session that are still running."""
    found = []
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            state, _, _, its_session = (folder / 'stat').read_text().rpartition(')')[2].split()[:4]
        except OSError:  # it has just ended
            continue
        if int(its_session) == session and state != 'Z':
            found.append(int(folder.name))
    return found


@pytest.fixture
def start(repo_root, tmp_path) -> Iterator[Callable[[str], subprocess.Popen]]:
    """Start the quickstart in a session of its own, whose distilled training does as told."""

    sessions = []

    def begin(distilled: str) -> subprocess.Popen:
        python = tmp_path / 'bin' / 'python'
        python.parent.mkdir()
        python.write_text(STAND_IN.replace('{distilled}', distilled))
        python.chmod(0o755)
        own = {'VIRTUAL_ENV': str(tmp_path), 'OUT': str(tmp_path), 'DATA': str(tmp_path)}
        script = subprocess.Popen(
            ['bash', 'tools/quickstart.sh'],
            cwd=repo_root,
            env={**os.environ, **own},
            start_new_session=True,
            # Not ignored, as it is in what a shell started in the background.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        sessions.append(script.pid)
        return script

    yield begin
    for process in [each for session in sessions for each in processes_of(session)]:
        os.kill(process, signal.SIGKILL)


needs_proc = pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='needs /proc')


@needs_proc
def test_a_failing_training_ends_the_other_one_and_gives_its_status(start, tmp_path):
    script = start('exit 3')
    assert script.wait(timeout=60) == 3
    assert (tmp_path / 'started').exists()
    assert processes_of(script.pid) == []


@needs_proc
@pytest.mark.parametrize('sent', [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_both_trainings(start, tmp_path, sent):
    script = start('sleep 600')
    while script.poll() is None and not (tmp_path / 'started').exists():
        time.sleep(0.05)
    assert len(processes_of(script.pid)) > 3
    os.killpg(script.pid, sent)  # as a terminal does, to the group in the foreground
    assert script.wait(timeout=60) != 0
    assert processes_of(script.pid) == []
