#!/usr/bin/env python
"""Detect objects in a cloud, and write a picture, a page to turn it about, and a list of them."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'tools'))
import _environment  # noqa: F401

from mmdet3d.report.demo import show_detections
from mmdet3d.utils.checkpoint_config import find_config
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import KeyValues, ToolParser, Unneeded
from mmdet3d.utils.writable import prepare_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('pcd', type=Path, help='cloud: a .bin, .npy, .ply or .pcd file')
    parser.add_argument(
        'config',
        nargs='?',
        help='config file of the detector; by default the one in the checkpoint',
    )
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        '--out',
        '--out-dir',
        type=Path,
        default=Path('demo'),
        help='folder to write to (%(default)s)',
    )
    parser.add_argument(
        '--score-thr', type=float, default=0.3, help='least score of a detection (%(default)s)'
    )
    parser.add_argument('--device', help='cpu or cuda:0; by default a GPU where there is one')
    parser.add_argument(
        '--cfg-options', nargs='+', action=KeyValues, help='settings to change, as key=value'
    )
    because = 'pictures are always written to --out, and no windows opened'
    for option in ('--show', '--snapshot'):
        parser.add_argument(option, action=Unneeded, because=because)
    return parser.parse_args()


def main() -> None:
    """Detect, draw, and say where what is."""
    args = parse_args()
    prepare_folder(args.out, '--out')
    cfg = find_config(args.config, args.checkpoint, args.cfg_options)
    files = show_detections(args.pcd, cfg, args.checkpoint, args.out, args.score_thr, args.device)
    print('\n'.join(map(str, files)))


if __name__ == '__main__':
    run_tool(main)
