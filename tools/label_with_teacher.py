#!/usr/bin/env python
"""Label frames that have no labels with the detections of a teacher, to train a student on them."""

import argparse

import _environment  # noqa: F401

from mmdet3d.apis.label import run_labelling
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.tool_parser import ToolParser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help="the teacher's config file")
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('--out', required=True, metavar='INFOS', help='info file to write, *.pkl')
    parser.add_argument(
        '--frames',
        metavar='FILE',
        help="info file of the frames to label, instead of data.test's; its labels are not used",
    )
    for option, least, what in (
        ('--score-thr', 0.3, 'score from which on a detection is an object'),
        ('--ignore-thr', 0.1, 'score from which on it is a region to be ignored at least'),
    ):
        parser.add_argument(
            option,
            nargs='+',
            default=[str(least)],
            metavar='SCORE',
            help=f'{what}: one for all classes, or CLASS=SCORE for each ({least})',
        )
    parser.add_argument(
        '--no-database', action='store_true', help='write no objects to be pasted into frames'
    )
    parser.add_argument('--data', dest='data_root', metavar='ROOT', help='the same as --data-root')
    add_config_arguments(parser)
    args = parser.parse_args()
    if args.checkpoint.endswith('.py'):
        parser.error(f'{args.checkpoint} is no checkpoint: the config comes first, then *.pth')
    return args


def main() -> None:
    """Label as the command line says."""
    args = parse_args()
    run_labelling(
        load_config(args.config, args.cfg_options, args.data_root, args.infos),
        args.checkpoint,
        args.out,
        args.score_thr,
        args.ignore_thr,
        args.frames,
        with_database=not args.no_database,
    )


if __name__ == '__main__':
    run_tool(main, 'the same command goes on where it was')
