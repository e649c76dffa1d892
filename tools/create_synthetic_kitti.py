#!/usr/bin/env python
"""Write made-up street scenes, scanned by a simulated HDL-64E, in KITTI's layout."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.synthetic import create_synthetic_kitti
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        '--out', type=Path, required=True, help='where to write: a new or empty folder'
    )
    parser.add_argument('--train', type=int, default=200, help='training frames (%(default)s)')
    parser.add_argument('--val', type=int, default=50, help='validation frames (%(default)s)')
    parser.add_argument('--test', type=int, default=2, help='frames without labels (%(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='(%(default)s)')
    parser.add_argument('--workers', type=int, help='processes to use (default: one per processor)')
    return parser.parse_args()


def main() -> None:
    """Create the dataset that the command line asks for."""
    args = parse_args()
    written = create_synthetic_kitti(
        args.out, args.train, args.val, args.test, args.seed, args.workers
    )
    print(f'{written} scenes written to {args.out}; convert them with')
    print(f'python tools/create_data.py kitti --root-path {args.out}')


if __name__ == '__main__':
    run_tool(main, 'the same command continues where it stopped')
