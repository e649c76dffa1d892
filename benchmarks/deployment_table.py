#!/usr/bin/env python
"""What are exported detectors worth? AP, latency and size of teacher, 4x and 16x in fp32 and int8.

    python benchmarks/deployment_table.py

Scenes are generated, the networks trained, exported, quantised and measured by onnxruntime, with
one thread. What is done is not done again, what was cut off goes on.
"""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.export.quantize import CALIBRATIONS
from mmdet3d.report.deployment import NETWORKS, measure_deployment
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser, read_named_folders, whole_number


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=Path, default=Path('work_dirs/deployment'), metavar='DIR')
    parser.add_argument(
        '--data', type=Path, metavar='DIR', help='data with its info files, instead of scenes'
    )
    parser.add_argument(
        '--checkpoints',
        nargs='+',
        default=[],
        metavar='NAME=FILE',
        help='trained weights of teacher, 4x or 16x, which are not trained then',
    )
    parser.add_argument(
        '--networks', nargs='+', default=list(NETWORKS), choices=list(NETWORKS), metavar='NAME'
    )
    parser.add_argument('--train', type=whole_number(1), default=240, help='scenes (%(default)s)')
    parser.add_argument('--val', type=whole_number(1), default=60, help='scenes (%(default)s)')
    parser.add_argument(
        '--frames', type=whole_number(1), default=64, help='of the calibration (%(default)s)'
    )
    parser.add_argument('--calibration', choices=list(CALIBRATIONS), default='minmax')
    parser.add_argument(
        '--ends', action='store_true', help='quantise the first and last convolutions too'
    )
    args = parser.parse_args()
    args.checkpoints = read_named_folders(parser, args.checkpoints)
    return args


def main() -> None:
    """Do what is left, and print the table."""
    args = parse_args()
    print(
        measure_deployment(
            args.out,
            args.data,
            {name: Path(path) for name, path in args.checkpoints.items()},
            args.networks,
            (args.train, args.val),
            args.frames,
            args.calibration,
            args.ends,
        )
    )


if __name__ == '__main__':
    run_tool(main, 'the same command goes on from there')
