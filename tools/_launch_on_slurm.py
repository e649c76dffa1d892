#!/usr/bin/env python
"""Start a tool in one process per device of a machine of Slurm's; slurm_*.sh let srun call this."""

import sys
from pathlib import Path

import _environment

from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.launch import launch
from mmdet3d.utils.slurm import name_machines


def main() -> None:
    """Start what the command line names."""
    tool, gpus, *arguments = sys.argv[1:]
    name_machines()
    script = Path(_environment.ROOT) / 'tools' / f'{tool}.py'
    sys.exit(launch(script, int(gpus), arguments, f'bash tools/slurm_{tool}.sh ...'))


if __name__ == '__main__':
    run_tool(main)
