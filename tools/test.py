#!/usr/bin/env python
"""Test a detector: evaluate it, or write its detections."""

import argparse
import json
import os
from pathlib import Path

from mmdet3d.apis import run_test
from mmdet3d.utils.config import DictAction, add_config_arguments, load_config


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file of the detector')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('--eval', nargs='+', metavar='METRIC', help='metrics to print, e.g. mAP')
    parser.add_argument('--figures', type=Path, help='JSON to write the figures of --eval to')
    parser.add_argument('--out', help='pickle to write the detections to')
    parser.add_argument(
        '--format-only', action='store_true', help="write the detections in the data set's format"
    )
    parser.add_argument(
        '--eval-options',
        nargs='+',
        action=DictAction,
        help='arguments of the evaluation or the formatting, as key=value '
        '(e.g. submission_prefix=DIR)',
    )
    add_config_arguments(parser)
    parser.add_argument('--launcher', choices=['none', 'pytorch'], default='none')
    args = parser.parse_args()
    if not (args.eval or args.out or args.format_only):
        parser.error('say what to do with the detections: --eval, --out or --format-only')
    if args.eval and args.format_only:
        parser.error('--eval and --format-only exclude each other')
    if args.figures and not args.eval:
        parser.error('--figures writes the figures of --eval; give both')
    if args.eval_options and not (args.eval or args.format_only):
        parser.error('--eval-options are those of --eval or --format-only; give one of them')
    if args.figures:
        _prepare(args.figures, parser)
    return args


def _prepare(path: Path, parser: argparse.ArgumentParser) -> None:
    """Make the folder of a file, and see that it can be written, before a long test."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f'--figures {path}: {error}')
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        parser.error(f'--figures {path} cannot be written')


def main() -> None:
    """Test as the command line says."""
    args = parse_args()
    figures = run_test(
        load_config(args.config, args.cfg_options, args.data_root, args.infos),
        args.checkpoint,
        metrics=args.eval,
        out=args.out,
        format_only=args.format_only,
        options=args.eval_options,
        launcher=args.launcher,
    )
    if figures is not None and args.figures:
        args.figures.write_text(json.dumps(figures, indent=1))


if __name__ == '__main__':
    main()
