#!/usr/bin/env python
"""Start a tool in one process per device; dist_train.sh and dist_test.sh call this."""

import sys
from pathlib import Path

import _environment

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
    first, rest = words[: len(given)], words[len(given) :]
    gpus = first[-1] if len(first) == len(given) else None
    if gpus is None or not gpus.isdecimal() or int(gpus) == 0:
        found = 'is missing' if gpus is None else f'has to be a positive number, not {gpus!r}'
        print(f'error: GPUS {found}; usage: {command}', file=sys.stderr)
        sys.exit(2)
    sys.exit(launch(TOOLS / f'{tool}.py', int(gpus), [*first[:-1], *rest], command))


if __name__ == '__main__':
    run_tool(main)
