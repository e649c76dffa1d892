#!/usr/bin/env python
"""Count the parameters and the multiply-adds of a detector, by stage."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.report import format_complexity, measure_complexity, measure_published_complexity
from mmdet3d.report.complexity import generate_cloud
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import load_config
from mmdet3d.utils.tool_parser import KeyValues, Refused, ToolParser, whole_number

NOTE = """\
A multiply-add is one multiplication and one addition in a convolution, sparse ones too, a linear
layer or a matrix product; the slots of a pillar all count, also empty ones. The paper's count adds
one operation a value for biases and ReLU and two for normalisation, leaves out what comes before
the map (the encoder of pillars, sparse convolutions), and gives a detector on points 40,000 of
them: so its F column comes out to the digit for the teachers and students of KITTI."""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file of the detector')
    parser.add_argument('--cloud', help='cloud to count on; a generated one without it')
    parser.add_argument(
        '--shape',
        nargs='+',
        default=(),
        type=whole_number(1),
        metavar='N',
        help='of the generated cloud: points, and columns; as a scanner gives without it',
    )
    parser.add_argument('--cfg-options', nargs='+', action=KeyValues, help='settings to change')
    parser.add_argument(
        '--modality', action=Refused, nargs=1, accepted=('point',), instead='detectors see points'
    )
    args = parser.parse_args()
    if args.cloud and args.shape:
        parser.error('--shape is of the generated cloud: give it or --cloud')
    if args.shape and len(args.shape) > 2:
        parser.error(f'--shape has {len(args.shape)} numbers; expected POINTS, or POINTS COLUMNS')
    return args


def main() -> None:
    """Count, and print the table."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    cloud = args.cloud or generate_cloud(cfg, *args.shape)
    measured, published = (
        count(cfg, cloud) for count in (measure_complexity, measure_published_complexity)
    )
    table = format_complexity(measured, published)
    print(f'{table}\n\n{NOTE}')


if __name__ == '__main__':
    run_tool(main)
