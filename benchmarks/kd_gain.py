#!/usr/bin/env python
"""Does distillation help? Train students with and without it over several seeds, and compare.

    python benchmarks/kd_gain.py benchmarks/gain/pointpillars_16x.py

The campaign's file names the students (its arms), their teacher and the seeds; the examples in
``benchmarks/gain`` say how. What is done is not done again, what was cut off goes on.
"""

import argparse

import _environment  # noqa: F401

from mmdet3d.report.gain import run_campaign
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser, whole_number


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('campaign', help='its file, such as benchmarks/gain/pointpillars_16x.py')
    parser.add_argument('--out', metavar='DIR', help='(default: work_dirs/gain/CAMPAIGN)')
    parser.add_argument(
        '--data', metavar='DIR', help='data with its info files, instead of generated scenes'
    )
    parser.add_argument(
        '--full', action='store_true', help='teacher and student of full size, for --data'
    )
    parser.add_argument('--seeds', type=whole_number(), nargs='+', help="instead of the campaign's")
    parser.add_argument('--arms', nargs='+', metavar='NAME', help='train these alone')
    parser.add_argument(
        '--teacher-checkpoint', metavar='FILE', help='weights of the teacher, which is not trained'
    )
    parser.add_argument(
        '--processes',
        type=whole_number(1),
        help='trainings side by side (default: one per GPU, or else one per core)',
    )
    return parser.parse_args()


def main() -> None:
    """Do what is left of the campaign, and print its tables."""
    args = parse_args()
    tables = run_campaign(
        args.campaign,
        args.out,
        args.data,
        args.full,
        args.seeds,
        args.arms,
        args.teacher_checkpoint,
        args.processes,
    )
    print(tables)


if __name__ == '__main__':
    run_tool(main, 'the same command goes on from there')
