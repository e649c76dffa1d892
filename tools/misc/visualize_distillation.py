#!/usr/bin/env python
"""Draw what a student learns from its teacher: where, with what weight, and how far it got."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.report.distilled import show_distillation
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.tool_parser import ToolParser, whole_number
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file of the student; its data.test are the frames')
    parser.add_argument('--checkpoint', help='weights of the trained student')
    parser.add_argument(
        '--before',
        help='weights to compare with, such as those of a student that had no teacher; '
        'an untrained student without it',
    )
    parser.add_argument('--teacher-config', help="config of the teacher, instead of the student's")
    parser.add_argument('--teacher-checkpoint', help='weights of the teacher, likewise')
    parser.add_argument('--out', type=Path, required=True, help='folder for the pictures')
    parser.add_argument(
        '--frame', nargs='+', default=[], metavar='NAME', help='such as 000008; else the first one'
    )
    parser.add_argument(
        '--seed', type=whole_number(), default=0, help='of what is random (%(default)s)'
    )
    add_config_arguments(parser)
    args = parser.parse_args()
    if args.before and not args.checkpoint:
        parser.error('--before is compared with --checkpoint; give both')
    return args


def main() -> None:
    """Draw what the command line asks for, and print the figures."""
    args = parse_args()
    check_folder(args.out, '--out')
    lines = show_distillation(
        load_config(args.config, args.cfg_options, args.data_root, args.infos),
        args.out,
        args.checkpoint,
        args.before,
        args.teacher_config,
        args.teacher_checkpoint,
        args.frame,
        args.seed,
    )
    print('\n'.join(lines))


if __name__ == '__main__':
    run_tool(main)
