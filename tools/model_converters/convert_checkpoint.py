#!/usr/bin/env python
"""Convert a checkpoint of before mmdetection3d v1.0, whose boxes were written otherwise."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.apis.convert import convert_checkpoint
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import load_config
from mmdet3d.utils.tool_parser import KeyValues, ToolParser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('checkpoint', help='the old checkpoint, a file or an address')
    parser.add_argument('--config', required=True, help="this project's config of the network")
    parser.add_argument('--out', required=True, metavar='FILE', help='where to write the new one')
    parser.add_argument(
        '--force', action='store_true', help='convert the boxes even of what says it is of v1.0'
    )
    parser.add_argument('--cfg-options', nargs='+', action=KeyValues, help='settings to change')
    return parser.parse_args()


def main() -> None:
    """Convert, and say what was changed."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    for line in convert_checkpoint(cfg, args.checkpoint, args.out, args.force):
        print(line)
    print(f'Written: {args.out}')


if __name__ == '__main__':
    run_tool(main)
