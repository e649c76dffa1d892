"""Fetch the teachers' checkpoints, resuming what an earlier run left unfinished."""

import argparse
import warnings
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.apis.teacher_zoo import (
    BASE_URL_VARIABLE,
    GUIDE,
    TEACHERS,
    base_url,
    check_names,
    download_teacher,
)
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        'names',
        nargs='*',
        metavar='NAME',
        help=f'of {", ".join(TEACHERS)}; without any, the four of the guide: {", ".join(GUIDE)}',
    )
    parser.add_argument(
        '--out', type=Path, default=Path('pretrain'), help='the folder to put them in (%(default)s)'
    )
    parser.add_argument('--only', nargs='+', default=[], help=argparse.SUPPRESS)
    parser.add_argument(
        '--base-url',
        default=base_url(),
        help=f'a mirror to use (%(default)s); {BASE_URL_VARIABLE} of the environment names one too',
    )
    return parser.parse_args()


def main() -> None:
    """Fetch each teacher and say whether its contents match its name."""
    args = parse_args()
    if args.only:
        warnings.warn('--only is an old way: give the names alone', stacklevel=1)
    names = [*args.names, *args.only] or list(GUIDE)
    check_names(names)
    check_folder(args.out, '--out')
    for name in names:
        path, verified = download_teacher(name, args.out, args.base_url)
        print(f'{path}: {"verified" if verified else "not verified, its name has no SHA-256"}')


if __name__ == '__main__':
    run_tool(main, 'the same command continues where it stopped')
