#!/usr/bin/env python
"""Draw the detections that tools/test.py --out wrote, beside the ground truth."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.datasets.pictures import KINDS
from mmdet3d.report.result_pictures import show_results
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.tool_parser import ToolParser, whole_number
from mmdet3d.utils.writable import check_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file; its data.test are the frames')
    parser.add_argument(
        '--result',
        nargs='+',
        required=True,
        metavar='[NAME=]FILE',
        help='pickles of tools/test.py --out, of one run or of several, each with its name',
    )
    parser.add_argument('--show-dir', type=Path, required=True, help='folder for the pictures')
    parser.add_argument(
        '--score-thr', type=float, default=0.3, help='least score drawn (%(default)s)'
    )
    parser.add_argument(
        '--pictures',
        nargs='+',
        choices=KINDS,
        default=['bev', 'camera'],
        help='what to draw: from above, in the images, each object alone, a page to turn about '
        '(bev camera)',
    )
    parser.add_argument(
        '--frames', nargs='+', metavar='NAME', help='names of the frames to draw, such as 000008'
    )
    parser.add_argument(
        '--number', type=whole_number(1), help='how many frames to draw; all without it'
    )
    add_config_arguments(parser)
    args = parser.parse_args()
    args.result = _name_files(parser, args.result)
    return args


def _name_files(parser: ToolParser, given: list[str]) -> dict[str, str]:
    files = {}
    for each in given:
        name, separator, file = each.partition('=')
        name, file = (name, file) if separator else ('detections', each)
        if name in files:
            parser.error(f'--result {each}: {name} is named already; give each as NAME=FILE')
        files[name] = file
    return files


def main() -> None:
    """Draw what the command line asks for."""
    args = parse_args()
    check_folder(args.show_dir, '--show-dir')
    cfg = load_config(args.config, args.cfg_options, args.data_root, args.infos)
    show_results(
        cfg,
        args.result,
        args.show_dir,
        args.pictures,
        names=args.frames,
        number=args.number,
        least_score=args.score_thr,
    )


if __name__ == '__main__':
    run_tool(main)
