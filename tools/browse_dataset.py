#!/usr/bin/env python
"""Draw the frames of a data set from above, with their annotated boxes."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.datasets.pictures import browse
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.tool_parser import Refused, ToolParser, Unneeded
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--split', choices=['train', 'val', 'test'], default='val')
    parser.add_argument('--output-dir', type=Path, default=Path('browse'), help='(%(default)s)')
    parser.add_argument('--number', type=int, help='how many frames to draw; all without it')
    add_config_arguments(parser)
    _add_old_arguments(parser)
    return parser.parse_args()


def _add_old_arguments(parser: ToolParser) -> None:
    """Add the arguments of mmdetection3d's tool of this name."""
    parser.add_argument(
        '--task', action=Refused, nargs=1, accepted=('det',), instead='there is detection alone'
    )
    parser.add_argument(
        '--online', action=Refused, nargs=0, instead='no windows; --output-dir holds the pictures'
    )
    parser.add_argument(
        '--aug', action=Refused, nargs=0, instead='frames are drawn as they are on disk'
    )
    written = 'pictures are always written to --output-dir, and no windows opened'
    for option, values in {'--snapshot-save': 0, '--not-show': 0, '--show-interval': 1}.items():
        parser.add_argument(option, action=Unneeded, nargs=values, because=written)
    parser.add_argument(
        '--skip-type', action=Unneeded, nargs='+', because='no step changes a frame before drawing'
    )


def main() -> None:
    """Draw what the command line asks for."""
    args = parse_args()
    check_folder(args.output_dir, '--output-dir')
    cfg = load_config(args.config, args.cfg_options, args.data_root, args.infos)
    browse(cfg, args.output_dir, args.split, args.number)


if __name__ == '__main__':
    run_tool(main)
