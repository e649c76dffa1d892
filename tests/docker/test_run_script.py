"""docker/run.sh, with a docker that says what it was asked for."""

import os
import subprocess
from pathlib import Path

import pytest

INSIDE = '/workspace/pointdistiller'


@pytest.fixture
def run(repo_root, tmp_path):
    """Run the script in a folder of a user, by a docker that prints a line for each argument."""
    for name, body in {'docker': 'printf \'%s\\n\' "$@"', 'nvidia-smi': 'true'}.items():
        tool = tmp_path / 'bin' / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/usr/bin/env bash\n{body}\n')
        tool.chmod(0o755)
    place = tmp_path / "it's a place"
    (place / 'data').mkdir(parents=True)

    def started(*command: str, **environment: str) -> subprocess.CompletedProcess:
        path = f'{tmp_path / "bin"}{os.pathsep}{os.environ["PATH"]}'
        return subprocess.run(
            ['bash', str(repo_root / 'docker' / 'run.sh'), *command],
            cwd=place,
            env={**os.environ, 'PATH': path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    started.place = place
    return started


def volumes(text: str) -> dict[str, str]:
    lines = text.splitlines()
    mounts = [lines[i + 1] for i, line in enumerate(lines) if line == '--volume']
    return {inside: folder for folder, _, inside in (mount.rpartition(':') for mount in mounts)}


def test_data_and_results_are_mounted_and_belong_to_who_runs_it(run):
    command = ['bash', 'tools/dist_train.sh', 'config.py', '2', '--use-kd']
    done = run(*command)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[:2] == ['run', '--rm']
    assert lines[lines.index('--user') + 1] == f'{os.getuid()}:{os.getgid()}'
    assert lines[lines.index('--gpus') + 1] == 'all'
    assert lines[-6:] == [
        'pointdistiller',
        'bash',
        'tools/dist_train.sh',
        'config.py',
        '2',
        '--use-kd',
    ]
    assert volumes(done.stdout) == {
        f'{INSIDE}/work_dirs': str(run.place / 'work_dirs'),
        f'{INSIDE}/data': str(run.place / 'data'),
    }


def test_other_folders_images_and_arguments_are_taken(run):
    (run.place / 'kitti').mkdir()
    (run.place / 'pretrain').mkdir()
    done = run(DATA='kitti', IMAGE='other:1', GPUS='none', DOCKER_ARGS='--network host')
    lines = done.stdout.splitlines()
    assert lines[-3:] == ['--network', 'host', 'other:1'] and '--gpus' not in lines
    assert volumes(done.stdout)[f'{INSIDE}/data'] == str(run.place / 'kitti')
    assert volumes(done.stdout)[f'{INSIDE}/pretrain'] == str(run.place / 'pretrain')


@pytest.mark.parametrize('variable', ['DATA', 'PRETRAIN'])
def test_a_folder_that_is_not_there_is_named(run, variable):
    done = run(**{variable: 'gone'})
    assert done.returncode == 1 and done.stdout == ''
    assert done.stderr.startswith('error: there is no folder gone to mount as')
    assert Path(run.place / 'gone').exists() is False
