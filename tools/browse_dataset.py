#!/usr/bin/env python
"""Draw the frames of a data set from above, with their annotated boxes."""

import argparse
from pathlib import Path

from tqdm import tqdm

from mmdet3d.core.visualizer import BoxLayer, draw_bev
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.point_files import read_points
from mmdet3d.utils.config import DictAction, load_config


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--output-dir', type=Path, default=Path('browse'), help='(%(default)s)')
    parser.add_argument('--number', type=int, help='how many frames to draw; all without it')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='settings to change, as key=value'
    )
    return parser.parse_args()


def main() -> None:
    """Draw the frames of the config's validation set."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    dataset = build_dataset(cfg.data.val, {'test_mode': True})
    for index in tqdm(range(len(dataset))[: args.number], unit='frame'):
        info, annos = dataset.get_data_info(index), dataset.get_ann_info(index)
        layer = BoxLayer('ground truth', annos['gt_bboxes_3d'], list(annos['gt_names']))
        draw_bev(
            read_points(info['pts_filename']),
            [layer],
            args.output_dir / f'{info["sample_idx"]:06d}.png',
            title=f'frame {info["sample_idx"]:06d}',
        )


if __name__ == '__main__':
    main()
