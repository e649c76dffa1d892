#!/usr/bin/env python
"""Write a detector as an ONNX model: from pillars to boxes, in one graph or in two parts."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.apis import init_model
from mmdet3d.export.exporter import FORMS, OPSETS, PRECISIONS, check_options, export_detector
from mmdet3d.utils.checkpoint_config import find_config
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import KeyValues, ToolParser
from mmdet3d.utils.writable import prepare_file, prepare_folder


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument(
        'config',
        nargs='?',
        help='config file of the detector; by default the one in the checkpoint',
    )
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        '--out', type=Path, required=True, help='.onnx file to write; with --form two a folder'
    )
    parser.add_argument('--form', default='one', help=f'{" or ".join(FORMS)} (%(default)s)')
    parser.add_argument(
        '--opset',
        type=int,
        default=18,
        help=f"version of ONNX's operators, {OPSETS[0]} to {OPSETS[-1]} (%(default)s)",
    )
    parser.add_argument(
        '--precision',
        default='fp32',
        help=f'of backbone, neck and head: {" or ".join(PRECISIONS)} (%(default)s); for int8 see '
        'quantize_onnx.py',
    )
    parser.add_argument(
        '--cfg-options', nargs='+', action=KeyValues, help='settings to change, as key=value'
    )
    args = parser.parse_args()
    try:
        check_options(args.form, args.opset, args.precision)
    except ValueError as error:
        parser.error(f'--{error}')
    return args


def main() -> None:
    """Export, and say what was written."""
    args = parse_args()
    (prepare_file if args.form == 'one' else prepare_folder)(args.out, '--out')
    model = init_model(
        find_config(args.config, args.checkpoint, args.cfg_options), args.checkpoint, 'cpu'
    )
    written = export_detector(model, args.out, args.form, args.opset, args.precision)
    print('\n'.join(map(str, written)))


if __name__ == '__main__':
    run_tool(main)
