#!/usr/bin/env python
"""Draw the frames of a data set with their annotated boxes, as they are or as augmented."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.datasets.pictures import KINDS, browse, browse_augmented
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.tool_parser import Refused, ToolParser, Unneeded, whole_number
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--split', choices=['train', 'val', 'test'], help='(val; with --aug train)')
    parser.add_argument('--output-dir', type=Path, default=Path('browse'), help='(%(default)s)')
    parser.add_argument(
        '--number', type=whole_number(1), help='how many frames to draw; all without it'
    )
    parser.add_argument(
        '--pictures', nargs='+', choices=KINDS, default=['bev'], help='what to draw (bev)'
    )
    parser.add_argument(
        '--aug',
        action='store_true',
        help='draw the frames as the pipeline of the training gives them',
    )
    parser.add_argument(
        '--seed', type=whole_number(), default=0, help='of what the pipeline draws (%(default)s)'
    )
    add_config_arguments(parser)
    _add_old_arguments(parser)
    args = parser.parse_args()
    if args.aug and args.pictures != ['bev']:
        parser.error('--aug: augmented frames are drawn from above alone, leave --pictures out')
    return args


def _add_old_arguments(parser: ToolParser) -> None:
    """Add the arguments of mmdetection3d's tool of this name."""
    parser.add_argument(
        '--task', action=Refused, nargs=1, accepted=('det',), instead='there is detection alone'
    )
    parser.add_argument(
        '--online', action=Refused, nargs=0, instead='no windows; --output-dir holds the pictures'
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
    if args.aug:
        browse_augmented(cfg, args.output_dir, args.split or 'train', args.number, args.seed)
    else:
        browse(cfg, args.output_dir, args.split or 'val', args.number, args.pictures)


if __name__ == '__main__':
    run_tool(main)
