#!/usr/bin/env python
"""Draw the frames of a data set from above, with their annotated boxes."""

import argparse
from pathlib import Path

from mmdet3d.datasets.pictures import browse
from mmdet3d.utils.config import add_config_arguments, load_config


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--split', choices=['train', 'val', 'test'], default='val')
    parser.add_argument('--output-dir', type=Path, default=Path('browse'), help='(%(default)s)')
    parser.add_argument('--number', type=int, help='how many frames to draw; all without it')
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Draw what the command line asks for."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options, args.data_root, args.infos)
    browse(cfg, args.output_dir, args.split, args.number)


if __name__ == '__main__':
    main()
