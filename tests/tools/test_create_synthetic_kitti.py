import hashlib
import os
import runpy
import signal
import subprocess
import sys
import time

import pytest

TOOL = 'tools/create_synthetic_kitti.py'
ARGUMENTS = ('--train', '5', '--val', '1', '--test', '1', '--seed', '4')


@pytest.fixture
def create(repo_root, monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, arguments)])
        runpy.run_path(str(repo_root / TOOL), run_name='__main__')

    return run


def start(repo_root, *arguments):
    environment = {**os.environ, 'PYTHONPATH': str(repo_root)}
    pipe = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return subprocess.Popen(
        [sys.executable, TOOL, *map(str, arguments)],
        cwd=repo_root,
        env=environment,
        text=True,
        # A shell's background job, as which the tests may run, hands on that Ctrl+C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **pipe,
    )


def digests(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob('*')
        if path.is_file()
    }


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, 'it took too long'
        time.sleep(0.02)


def test_killed_half_way_it_goes_on_to_the_same_bytes(repo_root, create, tmp_path, capsys):
    whole, broken = tmp_path / 'whole', tmp_path / 'broken'
    create('--out', whole, *ARGUMENTS, '--workers', 1)
    assert '7 scenes written' in capsys.readouterr().out
    process = start(repo_root, '--out', broken, *ARGUMENTS, '--workers', 2)
    wait_for(lambda: list(broken.glob('training/label_2/0*.txt')))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    # The workers notice, and write nothing more.
    time.sleep(1.0)
    written = len(list(broken.glob('training/label_2/0*.txt')))
    assert 1 <= written < 6
    create('--out', broken, *ARGUMENTS, '--workers', 1)
    assert f'{7 - written} scenes written' in capsys.readouterr().out
    assert digests(broken) == digests(whole)


def test_interrupted_from_the_keyboard_it_says_how_to_go_on(repo_root, tmp_path):
    process = start(repo_root, '--out', tmp_path, '--train', 90, '--val', 1, '--workers', 2)
    wait_for(lambda: list(tmp_path.glob('training/label_2/0*.txt')))
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output.rstrip().endswith('interrupted: the same command continues where it stopped')
    assert 'Traceback' not in output
    assert '/93' in output and 'scene' in output


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--train', '-1'], 'train is -1, expected a whole number of 1 or more'),
        (['--val', '0'], 'val is 0, expected a whole number of 1 or more'),
        (['--workers', '0'], 'workers is 0, expected a whole number of 1 or more'),
        ([], 'is not empty and has no synthetic.json'),
    ],
)
def test_errors_are_one_line(create, tmp_path, arguments, message):
    (tmp_path / 'foreign').write_text('')
    with pytest.raises(SystemExit) as exit_with:
        create('--out', tmp_path, *arguments)
    assert exit_with.value.code.startswith('error: ')
    assert message in exit_with.value.code
    assert '\n' not in exit_with.value.code


def test_an_unwritable_folder_is_named(create, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(SystemExit) as exit_with:
        create('--out', tmp_path / 'file/folder')
    assert f'error: {tmp_path / "file/folder"} cannot be written' in exit_with.value.code


def test_words_instead_of_numbers_are_refused(create, capsys):
    with pytest.raises(SystemExit) as exit_with:
        create('--out', 'x', '--train', 'many')
    assert exit_with.value.code == 2
    assert "invalid int value: 'many'" in capsys.readouterr().err
