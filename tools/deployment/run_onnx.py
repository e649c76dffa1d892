#!/usr/bin/env python
"""Detect objects in clouds with an exported model. It needs neither torch nor the detector."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmdet3d.export.requirements import require
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser, whole_number
from mmdet3d.utils.writable import prepare_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('model', type=Path, help='.onnx file, or folder of one in two parts')
    parser.add_argument(
        'clouds', nargs='+', type=Path, help='.bin, .npy, .ply or .pcd files, or folders of them'
    )
    parser.add_argument(
        '--out', type=Path, required=True, help='folder for a list of detections of each cloud'
    )
    parser.add_argument(
        '--score-thr', type=float, default=0.0, help='least score of a detection (%(default)s)'
    )
    parser.add_argument(
        '--threads', type=whole_number(1), help='to compute with; by default one for each core'
    )
    return parser.parse_args()


def main() -> None:
    """Detect, and say where the lists are."""
    args = parse_args()
    prepare_folder(args.out, '--out')
    # Not imported above, so that what is not installed is named in one line.
    run = require('mmdet3d.export.run')
    for path, count in run.detect_files(
        args.model, args.clouds, args.out, args.score_thr, args.threads
    ):
        print(f'{path}: {count} detections')


if __name__ == '__main__':
    run_tool(main)
