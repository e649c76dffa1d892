"""Which machine of how many this is in a job of Slurm."""

import os
import shutil
import subprocess

# Ports for runs of jobs, by their numbers: two jobs on one machine do not meet.
_FIRST_PORT, _PORTS = 20_000, 10_000


def name_machines() -> None:
    """Set NNODES, NODE_RANK, MASTER_ADDR and PORT from what srun has set, one task per machine.

    MASTER_ADDR and PORT are left as they are where they are set.

    Raises:
        ValueError: if srun did not start this, or the first machine cannot be found out.
    """
    tasks, task = os.environ.get('SLURM_NTASKS'), os.environ.get('SLURM_PROCID')
    if tasks is None or task is None:
        raise ValueError(
            'SLURM_NTASKS and SLURM_PROCID are not set: start with tools/slurm_train.sh or '
            'tools/slurm_test.sh, which call srun'
        )
    os.environ.update(NNODES=tasks, NODE_RANK=task)
    if not os.environ.get('MASTER_ADDR'):
        os.environ['MASTER_ADDR'] = '127.0.0.1' if tasks == '1' else _first_machine()
    job = os.environ.get('SLURM_JOB_ID', '')
    if not os.environ.get('PORT') and job.isdecimal():
        os.environ['PORT'] = str(_FIRST_PORT + int(job) % _PORTS)


def _first_machine() -> str:
    """Return the first name of Slurm's list, which it may have shortened to ``node[1-4]``."""
    names = ('SLURM_STEP_NODELIST', 'SLURM_JOB_NODELIST', 'SLURM_NODELIST')
    listed = next((os.environ[name] for name in names if os.environ.get(name)), '')
    if shutil.which('scontrol') is not None:
        command = ['scontrol', 'show', 'hostnames', listed]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.split()[0]
    first = listed.split(',')[0]
    if not first or '[' in first:
        raise ValueError(
            f'the first machine of {listed or "the job"} is not known, since scontrol does not '
            'say it: set MASTER_ADDR'
        )
    return first
