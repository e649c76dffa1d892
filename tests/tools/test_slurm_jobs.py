"""The tools in a job of Slurm, whose srun is a script here: two machines, on this one."""

import os
import pickle
import sys

import pytest
import torch
from support import shrink
from support.tooling import call, run, training_lines

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
SRUN = """#!/usr/bin/env bash
# Starts the tasks of a job, and waits for all of them.
echo "$*" >> "$(dirname "$0")/calls"
while [[ $1 == --* ]]; do
    case $1 in --ntasks=*) export SLURM_NTASKS=${1#*=};; esac
    shift
done
export SLURM_JOB_ID=$JOB SLURM_JOB_NODELIST=127.0.0.1,localhost
for ((task = 0; task < SLURM_NTASKS; task++)); do SLURM_PROCID=$task "$@" & jobs+=($!); done
for job in "${jobs[@]}"; do wait "$job" || status=$?; done
exit ${status:-0}
"""


@pytest.fixture
def job(tmp_path, free_port) -> dict[str, str]:
    """The environment of a user of Slurm."""
    srun = tmp_path / 'bin' / 'srun'
    srun.parent.mkdir()
    srun.write_text(SRUN)
    srun.chmod(0o755)
    return {
        'PATH': f'{srun.parent}{os.pathsep}{os.environ["PATH"]}',
        'VIRTUAL_ENV': sys.prefix,
        'OMP_NUM_THREADS': '1',
        'GLOO_SOCKET_IFNAME': 'lo',
        'JOB': '4711',
        'PORT': str(free_port),
    }


def test_a_job_trains_on_two_machines_and_tests_on_one(repo_root, kitti_data, tmp_path, job):
    settings = {
        **shrink.small_scene(),
        **shrink.widths(4),
        **shrink.data(str(kitti_data)),
        **shrink.ranges(CONFIG),
        'runner.max_epochs': 1,
        'log_config.interval': 1,
        'data.samples_per_gpu': 1,
    }
    options = ['--data-root', str(kitti_data), '--cfg-options', *shrink.as_arguments(settings)]
    train = ['bash', 'tools/slurm_train.sh', 'queue', 'name', CONFIG, str(tmp_path / 'run')]
    two = {**job, 'GPUS': '2', 'GPUS_PER_NODE': '1', 'SRUN_ARGS': '--quiet --exclusive'}
    run(*train, '--no-validate', '--seed', '0', *options, root=repo_root, **two)
    # Six frames, one for each of two processes at a time.
    assert [line['iter'] for line in training_lines(tmp_path / 'run')] == [1, 2, 3]
    saved = tmp_path / 'run' / 'latest.pth'
    assert torch.load(saved, weights_only=True)['meta']['config'].count('gpu_ids = [0, 1]') == 1
    test = ['bash', 'tools/slurm_test.sh', 'queue', 'name', CONFIG, str(saved)]
    out = tmp_path / 'results.pkl'
    one = {**job, 'GPUS': '1', 'PORT': ''}
    run(*test, '--out', str(out), *options, root=repo_root, **one)
    assert len(pickle.loads(out.read_bytes())) == 6
    first, second = (tmp_path / 'bin' / 'calls').read_text().splitlines()
    assert first.startswith('--partition=queue --job-name=name --nodes=2 --ntasks=2 ')
    assert '--gres=gpu:1' in first and '--quiet --exclusive' in first
    assert '--nodes=1 --ntasks=1 --ntasks-per-node=1 --gres=gpu:1' in second


@pytest.mark.parametrize(
    'arguments, variables, message',
    [
        (['queue', 'name', CONFIG], {}, 'usage: bash tools/slurm_train.sh PARTITION JOB_NAME CONF'),
        (['q', 'n', CONFIG, 'w'], {'GPUS': 'two'}, 'GPUS=two: expected a number of 1 or more'),
        (['q', 'n', CONFIG, 'w'], {'GPUS': '12'}, 'GPUS=12 is no multiple of GPUS_PER_NODE=8'),
        (['q', 'n', CONFIG, 'w'], {'PATH': os.environ['PATH']}, 'there is no srun here: run bash'),
    ],
)
def test_a_job_that_cannot_be_is_refused_in_one_line(repo_root, job, arguments, variables, message):
    done = call(
        'bash', 'tools/slurm_train.sh', *arguments, root=repo_root, **{**job, **variables}
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f'error: {message}') and done.stderr.count('\n') == 1
