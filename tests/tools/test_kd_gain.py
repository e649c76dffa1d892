"""benchmarks/kd_gain.py as a user runs it: on generated frames, interrupted, gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mmcv.runner import save_checkpoint
from support.tooling import call_here, training_lines

from mmdet3d.models import build_model
from mmdet3d.report.gain import load_campaign
from mmdet3d.report.gain.stages import data_job
from mmdet3d.utils.config import load_config

SCRIPT = 'benchmarks/kd_gain.py'
TEACHER = 'configs/quickstart/pointpillars_3class.py'
CAMPAIGN = f"""
_small = {{'log_config.interval': 1, 'data.workers_per_gpu': 0, 'optimizer.lr': 0.001}}
data = dict(scenes=dict(train=2, val=1), seed=3)
teacher = dict(config={TEACHER!r}, options=_small)
student = dict(config='configs/effect/pointpillars_16x.py', epochs=EPOCHS, options=_small)
_graph = dict(compression_ratio=16, num_voxels=50, kneighbours=4, temperature=1e-2)
arms = dict(plain=dict(), kd=dict(kd_cfg=dict(type='PointPillars', **_graph)))
baseline = 'plain'
seeds = [0]
"""


@pytest.fixture
def campaign(tmp_path) -> Path:
    path = tmp_path / 'tiny.py'
    path.write_text(CAMPAIGN.replace('EPOCHS', '1'))
    return path


@pytest.fixture(scope='module')
def teacher(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('teacher') / 'teacher.pth'
    save_checkpoint(build_model(load_config(TEACHER).model), str(path))
    return path


def start(command: list, root: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(path: Path, process: subprocess.Popen) -> None:
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)


def of_folder(folder: Path) -> list[int]:
    """The processes whose command names a folder."""
    found = []
    for process in Path('/proc').glob('[0-9]*'):
        try:
            command = (process / 'cmdline').read_bytes()
        except OSError:  # it has just ended
            continue
        if os.fsencode(folder) in command:
            found.append(int(process.name))
    return found


@pytest.mark.skipif(not Path('/proc/self').exists(), reason='looks for processes in /proc')
def test_a_campaign_is_interrupted_and_gone_on_with(
    repo_root, campaign, teacher, kitti_data, tmp_path, capfd
):
    out = tmp_path / 'out'
    command = [SCRIPT, campaign, '--out', out, '--data', kitti_data, '--processes', 2]
    command += ['--teacher-checkpoint', teacher]
    process = start(command, repo_root)
    wait_for(out / 'kd' / '0' / 'output.txt', process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith('interrupted: the same command goes on from there\n')
    assert of_folder(out) == []

    before = (out / 'teacher' / 'figures.json').stat().st_mtime_ns
    process = start(command, repo_root)
    said, _ = process.communicate(timeout=560)
    assert process.returncode == 0, said
    assert (out / 'teacher' / 'figures.json').stat().st_mtime_ns == before
    first, second, *_ = said.splitlines()
    assert '1 of 2 done, about' in first and 'mean of four' in first
    assert second.endswith('; 2 of 2 done')
    assert '| kd | mean of four | 1 | ' in said
    for arm in ('plain', 'kd'):
        folder = out / arm / '0'
        assert 'KITTI/Overall_3D_AP40_moderate' in json.loads((folder / 'figures.json').read_text())
        assert all(('loss_kd' in line) == (arm == 'kd') for line in training_lines(folder))
    assert {path.name for path in out.glob('gain.*')} == {'gain.md', 'gain.json', 'gain.png'}

    # Changed, it is refused before anything is done.
    campaign.write_text(CAMPAIGN.replace('EPOCHS', '2'))
    assert call_here(*command) == 1
    refusal = f'{out}/plain/0 was begun with runner.max_epochs=1, now it is 2'
    assert capfd.readouterr().err.startswith(f'error: {refusal}')
    assert load_config(out / 'configs' / 'plain.py').runner.max_epochs == 1


def test_a_campaign_makes_its_own_data(campaign, tmp_path):
    job = data_job(load_campaign(campaign), tmp_path)
    for _, tool, *arguments in job.commands:
        assert call_here(tool, *arguments) == 0
    assert job.result.exists()
    assert len(list((tmp_path / 'data/training/velodyne_reduced').iterdir())) == 3


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['--full', '--data', '.'], 'has no full.teacher, which --full takes'),
        (['--arms', 'plain', 'kdd'], "--arms kdd: tiny has ['plain', 'kd']"),
        (['--seeds', '1', '1'], 'seeds=[1, 1]: expected different whole numbers'),
        (['--data', 'nowhere'], 'nowhere is no folder'),
        (['--data', 'docs'], 'kitti_infos_train.pkl does not exist: write it by python tools/crea'),
        (['--data', 'docs', '--teacher-checkpoint', 'x.pth'], 'checkpoint of the teacher x.pth'),
    ],
)
def test_mistakes_end_in_one_line_before_anything_is_done(
    campaign, tmp_path, capfd, arguments, message
):
    assert call_here(SCRIPT, campaign, '--out', tmp_path / 'out', *arguments) == 1
    error = capfd.readouterr().err
    assert error.startswith('error: ') and message in error and error.count('\n') == 1
    assert not (tmp_path / 'out').exists()
