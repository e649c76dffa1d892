#!/usr/bin/env python
"""Compare training runs: a table, learning curves, scenes with everyone's boxes, and errors."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.report import compare_runs
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments
from mmdet3d.utils.tool_parser import ToolParser, read_named_folders
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
    args.runs = read_named_folders(parser, args.runs)
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
    print(f'All on one page: {args.out}/report.html')


if __name__ == '__main__':
    run_tool(main)
