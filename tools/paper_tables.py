#!/usr/bin/env python
"""Print the paper's tables from the logs and configs of any number of runs."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmcv_patched.full_disk import write_whole
from mmdet3d.report.paper import FORMATS, make_tables
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser
from mmdet3d.utils.writable import prepare_file


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        'runs', nargs='+', metavar='WORK_DIR', help='the folder of a run, or one of its logs'
    )
    parser.add_argument('--format', choices=list(FORMATS), default='markdown', help='(%(default)s)')
    parser.add_argument(
        '--metric',
        choices=['R40', 'R11'],
        default='R40',
        help="KITTI's AP at 40 recalls, as in the paper, or at 11 (%(default)s)",
    )
    parser.add_argument('--out', type=Path, help='file to write to, instead of printing')
    return parser.parse_args()


def main() -> None:
    """Make the tables, and print or write them."""
    args = parse_args()
    if args.out is not None:
        prepare_file(args.out, '--out')
    text = FORMATS[args.format](make_tables(args.runs, args.metric))
    if args.out is None:
        print(text)
    else:
        write_whole(args.out, f'{text}\n')
        print(f'Written: {args.out}')


if __name__ == '__main__':
    run_tool(main)
