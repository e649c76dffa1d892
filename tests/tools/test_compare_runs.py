"""The comparison of runs by the real tool, on a run of the real tool."""

import subprocess
import sys

import pytest
from PIL import Image
from support import shrink

TEACHER = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'


@pytest.fixture(scope='module')
def run_folder(repo_root, kitti_data, tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('run')
    settings = {**shrink.small_scene(), **shrink.widths(4), **shrink.data(str(kitti_data))}
    settings |= {'runner.max_epochs': 1, 'log_config.interval': 1}
    command = [sys.executable, 'tools/train.py', TEACHER, '--work-dir', str(work_dir)]
    command += ['--no-validate', '--seed', '0', '--cfg-options', *shrink.as_arguments(settings)]
    subprocess.run(command, cwd=repo_root, check=True, capture_output=True)
    return work_dir


def test_table_and_pictures_are_made(repo_root, run_folder, tmp_path):
    command = [sys.executable, 'tools/compare_runs.py', f'one={run_folder}', f'two={run_folder}']
    done = subprocess.run(
        [*command, '--out', str(tmp_path), '--scene', '3', '--score', '0'],
        cwd=repo_root,
        check=True,
        capture_output=True,
        text=True,
    )
    table = (tmp_path / 'table.md').read_text()
    assert table in done.stdout
    header, _, first, second = table.splitlines()
    assert header.startswith('| model | params (M) | multiply-adds (G) | Pedestrian BEV |')
    assert first.startswith('| one |')
    # The same network twice: only names and speeds differ.
    assert first.split('|')[2:-2] == second.split('|')[2:-2]
    for name in ('scene.png', 'learning_curves.png'):
        assert min(Image.open(tmp_path / name).size) > 200


def test_a_folder_of_no_run_is_named(repo_root, tmp_path):
    command = [sys.executable, 'tools/compare_runs.py', f'a={tmp_path}']
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f'{tmp_path} holds 0 configs' in done.stderr
