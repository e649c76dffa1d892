#!/usr/bin/env python
"""Compare training runs: a table, their learning curves, and a scene with everyone's boxes."""

import argparse
from pathlib import Path

from mmdet3d.core.visualizer import BoxLayer, draw_bev
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.point_files import read_points
from mmdet3d.report import draw_learning_curves, format_table, measure_run
from mmdet3d.utils.config import DictAction, load_config

COLORS = ('tab:red', 'tab:blue', 'tab:orange', 'tab:purple', 'tab:pink')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'runs', nargs='+', metavar='NAME=WORK_DIR', help='a run of tools/train.py, and its name'
    )
    parser.add_argument('--out', type=Path, default=Path('comparison'), help='(%(default)s)')
    parser.add_argument('--scene', type=int, default=0, help='index of the frame to draw')
    parser.add_argument('--score', type=float, default=0.3, help='least score drawn (%(default)s)')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='settings to change, as key=value'
    )
    args = parser.parse_args()
    for run in args.runs:
        if '=' not in run:
            parser.error(f'{run!r}: expected NAME=WORK_DIR')
    return args


def load_run_config(work_dir: Path, options: dict | None):
    """Load the config that a run was trained with, which its folder holds."""
    configs = sorted(work_dir.glob('*.py'))
    if len(configs) != 1:
        raise FileNotFoundError(
            f'{work_dir} holds {len(configs)} configs, expected the one of a run of tools/train.py'
        )
    return load_config(configs[0], options)


def main() -> None:
    """Measure the runs, print the table and save it with the pictures."""
    args = parse_args()
    folders = {name: Path(folder) for name, _, folder in (run.partition('=') for run in args.runs)}
    configs = {name: load_run_config(path, args.cfg_options) for name, path in folders.items()}
    measured = [
        measure_run(name, configs[name], str(path / 'latest.pth')) for name, path in folders.items()
    ]
    cfg = next(iter(configs.values()))
    args.out.mkdir(parents=True, exist_ok=True)
    table = format_table(measured, cfg.data.test.classes)
    (args.out / 'table.md').write_text(table + '\n')
    draw_learning_curves(folders, args.out / 'learning_curves.png')

    dataset = build_dataset(cfg.data.test, {'test_mode': True})
    info, annos = dataset.get_data_info(args.scene), dataset.get_ann_info(args.scene)
    layers = [BoxLayer('ground truth', annos['gt_bboxes_3d'], list(annos['gt_names']))]
    for run, color in zip(measured, COLORS):
        found = run.detections[args.scene]
        shown = found['boxes_3d'][found['scores_3d'] >= args.score]
        layers.append(BoxLayer(run.name, shown, color=color))
    x_min, y_min, _, x_max, y_max, _ = cfg.model.voxel_layer.point_cloud_range
    points = read_points(info['pts_filename'])
    draw_bev(points, layers, args.out / 'scene.png', view=(x_min, y_min, x_max, y_max))
    print(f'\n{table}\n\nPictures: {args.out}/learning_curves.png, {args.out}/scene.png')


if __name__ == '__main__':
    main()
