#!/usr/bin/env python
"""Write a trained network to be handed on, without what belongs to its training alone."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.report.publishing import publish_checkpoint
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('checkpoint', metavar='IN', help='a checkpoint of tools/train.py')
    parser.add_argument(
        'prefix', metavar='OUT_PREFIX', help='name of the new file, up to the hash of its content'
    )
    parser.add_argument(
        '--safetensors', action='store_true', help='write a .safetensors file beside it'
    )
    return parser.parse_args()


def main() -> None:
    """Write the files and name them."""
    args = parse_args()
    for path in publish_checkpoint(args.checkpoint, args.prefix, args.safetensors):
        print(f'Written: {path} ({path.stat().st_size / 1e6:.2f} MB)')


if __name__ == '__main__':
    run_tool(main)
