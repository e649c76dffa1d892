"""Fetch the teachers' checkpoints, resuming what an earlier run left unfinished."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.apis.teacher_zoo import BASE_URL, TEACHERS, download_teacher
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        '--out', type=Path, default=Path('pretrain'), help='the folder to put them in (%(default)s)'
    )
    parser.add_argument(
        '--only', nargs='+', choices=TEACHERS, default=list(TEACHERS), help='some of them alone'
    )
    parser.add_argument('--base-url', default=BASE_URL, help='a mirror to use (%(default)s)')
    return parser.parse_args()


def main() -> None:
    """Fetch each teacher and say whether its contents match its name."""
    args = parse_args()
    check_folder(args.out, '--out')
    for name in args.only:
        path, verified = download_teacher(name, args.out, args.base_url)
        print(f'{path}: {"verified" if verified else "not verified, its name has no SHA-256"}')


if __name__ == '__main__':
    run_tool(main, 'the same command continues where it stopped')
