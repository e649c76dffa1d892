#!/usr/bin/env python
"""Write made-up drives, scanned by a simulated HDL-32E, in the layout of nuScenes' v1.0-mini."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.synthetic import create_synthetic_nuscenes
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        '--out', type=Path, required=True, help='where to write: a new or empty folder'
    )
    parser.add_argument(
        '--train', type=int, default=4, help='training scenes, 1 to 8 (%(default)s)'
    )
    parser.add_argument(
        '--val', type=int, default=2, help='validation scenes, 1 or 2 (%(default)s)'
    )
    parser.add_argument(
        '--samples', type=int, default=20, help='key frames per scene, 2 to 40 (%(default)s)'
    )
    parser.add_argument(
        '--steps',
        type=int,
        default=1084,
        help='azimuths per turn of the scanner; fewer are faster (%(default)s)',
    )
    parser.add_argument('--seed', type=int, default=0, help='(%(default)s)')
    parser.add_argument('--workers', type=int, help='processes to use (default: one per processor)')
    return parser.parse_args()


def main() -> None:
    """Create the dataset that the command line asks for."""
    args = parse_args()
    written = create_synthetic_nuscenes(
        args.out, args.train, args.val, args.seed, args.samples, args.steps, args.workers
    )
    print(f'{written} clouds written to {args.out}; convert them with')
    print(f'python tools/create_data.py nuscenes --root-path {args.out} --version v1.0-mini')


if __name__ == '__main__':
    run_tool(main, 'the same command continues where it stopped')
