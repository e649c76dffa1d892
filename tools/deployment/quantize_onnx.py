#!/usr/bin/env python
"""Quantise an exported detector to 8-bit integers, calibrated on clouds."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.export.quantize import CALIBRATIONS, quantize
from mmdet3d.export.run import cloud_files
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser, whole_number
from mmdet3d.utils.writable import prepare_file


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('model', type=Path, help='.onnx file in one graph and in float32')
    parser.add_argument(
        'clouds',
        nargs='+',
        type=Path,
        help='to calibrate with: files, or folders such as KITTI/training/velodyne',
    )
    parser.add_argument('--out', type=Path, required=True, help='.onnx file to write')
    parser.add_argument(
        '--frames',
        type=whole_number(1),
        default=64,
        help='how many of the clouds to take, evenly spread (%(default)s)',
    )
    parser.add_argument(
        '--calibration',
        choices=list(CALIBRATIONS),
        default='minmax',
        help='how the range of each map is found (%(default)s)',
    )
    parser.add_argument(
        '--ends',
        action='store_true',
        help='quantise the first and the last convolutions too, which costs precision',
    )
    return parser.parse_args()


def main() -> None:
    """Quantise, and say what was written."""
    args = parse_args()
    prepare_file(args.out, '--out')
    clouds = list(cloud_files(args.clouds))
    chosen = clouds[:: max(1, len(clouds) // args.frames)][: args.frames]
    print(quantize(args.model, chosen, args.out, args.calibration, ends=args.ends))


if __name__ == '__main__':
    run_tool(main)
