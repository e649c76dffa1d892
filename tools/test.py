#!/usr/bin/env python
"""Test a detector: evaluate it, or write its detections."""

import argparse
import json
from pathlib import Path

import _environment  # noqa: F401

from mmcv_patched.full_disk import write_whole
from mmdet3d.apis import run_test
from mmdet3d.apis.environment import seed_everything, use_deterministic_algorithms
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.group import leave_group
from mmdet3d.utils.old_arguments import add_old_arguments, add_old_test_arguments
from mmdet3d.utils.speed_arguments import add_speed_arguments, speed_options
from mmdet3d.utils.tool_parser import KeyValues, ToolParser
from mmdet3d.utils.writable import prepare_file


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file of the detector')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('--eval', nargs='+', metavar='METRIC', help='metrics to print, e.g. mAP')
    parser.add_argument('--figures', type=Path, help='JSON to write the figures of --eval to')
    parser.add_argument('--out', help='pickle to write the detections to')
    parser.add_argument(
        '--format-only', action='store_true', help="write the detections in the data set's format"
    )
    parser.add_argument('--show-dir', help='folder for a picture of each frame with its detections')
    add_speed_arguments(parser)
    parser.add_argument('--seed', type=int, help='seed of what a test pipeline draws')
    parser.add_argument(
        '--deterministic', action='store_true', help='use deterministic algorithms only'
    )
    parser.add_argument(
        '--eval-options',
        '--options',
        nargs='+',
        action=KeyValues,
        help='arguments of the evaluation or the formatting, as key=value '
        '(e.g. submission_prefix=DIR)',
    )
    add_config_arguments(parser)
    add_old_arguments(parser)
    add_old_test_arguments(parser)
    args = parser.parse_args()
    _check(args, parser)
    return args


def _check(args: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Refuse arguments that do not go together."""
    if args.checkpoint.endswith('.py'):
        parser.error(f'{args.checkpoint} is no checkpoint: the config comes first, then *.pth')
    if not (args.eval or args.out or args.format_only or args.show_dir):
        parser.error(
            'say what to do with the detections: --eval, --out, --format-only or --show-dir'
        )
    if args.eval and args.format_only:
        parser.error('--eval and --format-only exclude each other')
    if args.figures and not args.eval:
        parser.error('--figures writes the figures of --eval; give both')
    if args.eval_options and not (args.eval or args.format_only):
        parser.error('--eval-options are those of --eval or --format-only; give one of them')
    if args.figures:
        try:
            prepare_file(args.figures, '--figures')
        except OSError as error:
            parser.error(str(error))


def main() -> None:
    """Test as the command line says."""
    args = parse_args()
    if args.seed is not None:
        seed_everything(args.seed)
    if args.deterministic:
        use_deterministic_algorithms()
    figures = run_test(
        load_config(args.config, args.cfg_options, args.data_root, args.infos),
        args.checkpoint,
        metrics=args.eval,
        out=args.out,
        format_only=args.format_only,
        options=args.eval_options,
        launcher=args.launcher,
        show_dir=args.show_dir,
        **speed_options(args),
    )
    if figures is not None and args.figures:
        write_whole(args.figures, json.dumps(figures, indent=1))
    leave_group()


if __name__ == '__main__':
    run_tool(main)
