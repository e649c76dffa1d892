#!/usr/bin/env python
"""Write docs/kd_cfg.md, the reference of kd_cfg, from the code's own signatures and docstrings."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.report.kd_reference import write_reference
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser
from mmdet3d.utils.writable import prepare_file


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    path = Path(__file__).resolve().parents[1] / 'docs' / 'kd_cfg.md'
    parser.add_argument('--out', type=Path, default=path, help='the file (%(default)s)')
    return parser.parse_args()


def main() -> None:
    """Write the page."""
    args = parse_args()
    prepare_file(args.out, '--out')
    write_reference(args.out)


if __name__ == '__main__':
    run_tool(main)
