#!/usr/bin/env python
"""Start a tool in one process per device; dist_train.sh and dist_test.sh call this."""

import sys
from pathlib import Path

import _environment

from mmcv_patched.messages import print_error
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.launch import launch

TOOLS = Path(_environment.ROOT) / 'tools'
# What each is given before the arguments of the tool.
GIVEN = {'train': ('CONFIG', 'GPUS'), 'test': ('CONFIG', 'CHECKPOINT', 'GPUS')}


def main() -> None:
    """Start what the command line names."""
    tool, *words = sys.argv[1:]
    given = GIVEN[tool]
    command = f'bash tools/dist_{tool}.sh {" ".join(given)} [arguments of tools/{tool}.py]'
    if words[:1] in (['-h'], ['--help']):
        print(f'usage: {command}')
        return
    gpus = dict(zip(given, words)).get('GPUS', '')
    if not gpus.isdecimal() or int(gpus) == 0:
        found = f'has to be a positive number, not {gpus!r}' if gpus else 'is missing'
        print_error(f'GPUS {found}; usage: {command}')
        sys.exit(2)
    place = given.index('GPUS')
    arguments = words[:place] + words[place + 1 :]
    sys.exit(launch(TOOLS / f'{tool}.py', int(gpus), arguments, command))


if __name__ == '__main__':
    run_tool(main)
