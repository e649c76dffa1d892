#!/usr/bin/env python
"""Time a detector: frames a second after warm-up, loading and detection apart."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.report import format_speed, measure_speed
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.speed_arguments import add_speed_arguments, speed_options
from mmdet3d.utils.tool_parser import ToolParser, whole_number


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file of the detector')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        '--samples', type=whole_number(1), default=200, help='frames to time (%(default)s)'
    )
    parser.add_argument(
        '--warmup', type=whole_number(), default=5, help='frames before, untimed (%(default)s)'
    )
    parser.add_argument(
        '--log-interval',
        type=whole_number(1),
        default=50,
        help='frames between two lines of progress (%(default)s)',
    )
    add_speed_arguments(parser)
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Time the detector, and print the table."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options, args.data_root, args.infos)
    settings = args.samples, args.warmup, args.log_interval
    speed = measure_speed(cfg, args.checkpoint, *settings, **speed_options(args))
    print(f'\n{format_speed(speed)}')


if __name__ == '__main__':
    run_tool(main)
