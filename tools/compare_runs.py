#!/usr/bin/env python
"""Compare training runs: a table, their learning curves, and a scene with everyone's boxes."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.report import compare_runs
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments
from mmdet3d.utils.tool_parser import ToolParser
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        'runs', nargs='+', metavar='NAME=WORK_DIR', help='a run of tools/train.py, and its name'
    )
    parser.add_argument('--out', type=Path, default=Path('comparison'), help='(%(default)s)')
    parser.add_argument('--scene', type=int, default=0, help='index of the frame to draw')
    parser.add_argument('--score', type=float, default=0.3, help='least score drawn (%(default)s)')
    add_config_arguments(parser)
    args = parser.parse_args()
    folders = {}
    for run in args.runs:
        name, separator, folder = run.partition('=')
        if not separator:
            parser.error(f'{run!r}: expected NAME=WORK_DIR')
        if name in folders:
            parser.error(f'{run!r}: there is a run {name} already; give each its own name')
        folders[name] = folder
    args.runs = folders
    return args


def main() -> None:
    """Compare the runs, and print the table."""
    args = parse_args()
    check_folder(args.out, '--out')
    table = compare_runs(
        args.runs,
        args.out,
        args.scene,
        args.score,
        options=args.cfg_options,
        data_root=args.data_root,
        infos=args.infos,
    )
    print(f'\n{table}\n\nPictures: {args.out}/learning_curves.png, {args.out}/scene.png')


if __name__ == '__main__':
    run_tool(main)
