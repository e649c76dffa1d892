"""What is made of Slurm's variables."""

import pytest

from mmdet3d.utils.slurm import name_machines

NAMES = ('NNODES', 'NODE_RANK', 'MASTER_ADDR', 'PORT', 'SLURM_JOB_NODELIST', 'SLURM_JOB_ID')


@pytest.fixture
def job(monkeypatch, tmp_path):
    """Sets what srun sets, on a machine without scontrol."""

    def name(**variables: str) -> dict[str, str]:
        environment = {'PATH': str(tmp_path), **variables}
        monkeypatch.setattr('os.environ', environment)
        name_machines()
        return {key: environment[key] for key in NAMES[:4] if key in environment}

    return name


def test_a_task_is_a_machine_and_a_job_has_a_port_of_its_own(job):
    listed = dict(SLURM_NTASKS='2', SLURM_JOB_NODELIST='a1,b7')
    named = job(SLURM_PROCID='1', SLURM_JOB_ID='123456', **listed)
    assert named == dict(NNODES='2', NODE_RANK='1', MASTER_ADDR='a1', PORT='23456')
    assert job(SLURM_PROCID='0', SLURM_JOB_ID='123457', **listed)['PORT'] == '23457'
    given = job(SLURM_PROCID='0', PORT='1', MASTER_ADDR='x', SLURM_JOB_ID='2', **listed)
    assert given == dict(NNODES='2', NODE_RANK='0', MASTER_ADDR='x', PORT='1')
    assert job(SLURM_PROCID='0', SLURM_NTASKS='1')['MASTER_ADDR'] == '127.0.0.1'


def test_scontrol_says_which_machines_a_short_list_means(job, tmp_path):
    scontrol = tmp_path / 'scontrol'
    scontrol.write_text('#!/bin/sh\n[ "$1 $2 $3" = "show hostnames n[3-4]" ] && echo n3 && echo n4')
    scontrol.chmod(0o755)
    assert job(SLURM_NTASKS='2', SLURM_PROCID='1', SLURM_STEP_NODELIST='n[3-4]')['MASTER_ADDR'] == (
        'n3'
    )


def test_what_cannot_be_known_is_named(job):
    with pytest.raises(ValueError, match='SLURM_NTASKS and SLURM_PROCID are not set: start with'):
        job()
    with pytest.raises(ValueError, match=r'first machine of n\[3-4\] is not known.*MASTER_ADDR'):
        job(SLURM_NTASKS='2', SLURM_PROCID='1', SLURM_NODELIST='n[3-4]')
