#!/usr/bin/env python
"""Show what runs miss, misplace, turn wrongly, invent and find twice, side by side."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.report import analyze_errors
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
    parser.add_argument('--out', type=Path, default=Path('errors'), help='(%(default)s)')
    parser.add_argument(
        '--score', type=float, default=0.3, help='least score that counts (%(default)s)'
    )
    add_config_arguments(parser)
    args = parser.parse_args()
    args.runs = read_named_folders(parser, args.runs)
    return args


def main() -> None:
    """Count the errors, and print the tables."""
    args = parse_args()
    check_folder(args.out, '--out')
    changes = dict(options=args.cfg_options, data_root=args.data_root, infos=args.infos)
    tables = analyze_errors(args.runs, args.out, args.score, **changes)
    print(f'\n{tables}\nPictures, and all on one page: {args.out}/report.html')


if __name__ == '__main__':
    run_tool(main)
