#!/usr/bin/env python
"""Does distillation help? Train the quickstart's student with and without it over several seeds.

    bash tools/quickstart.sh                      # makes the data and the teacher
    python benchmarks/kd_gain.py --seeds 0 1 2 3 4

Both runs of a seed start from the same weights and take the same schedule on the same data; only
``--use-kd`` differs. Prints the mean AP of every run and the gain over the seeds. What was trained
before is not trained again: with another ``--kd-config`` only the distilled student is.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser

ROOT = Path(__file__).resolve().parents[1]
STUDENT = 'configs/quickstart/pointpillars_3class_student_4x.py'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('--quickstart', type=Path, default=Path('work_dirs/quickstart'))
    parser.add_argument('--out', type=Path, default=Path('work_dirs/kd_gain'))
    parser.add_argument('--config', default=STUDENT, help='the student (%(default)s)')
    parser.add_argument('--kd-config', help='the distilled student, if its config is another')
    parser.add_argument('--epochs', type=int, default=4, help='of each student (%(default)s)')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2, 3, 4])
    parser.add_argument('--cfg-options', nargs='+', default=[], help='for both students')
    return parser.parse_args()


def train_and_test(args: argparse.Namespace, config: str, name: str, seed: int, *kd: str) -> dict:
    """Train one student unless it was trained before, and return its average precisions."""
    work_dir = args.out / f'{name}_{seed}'
    results = work_dir / 'figures.json'
    if not results.exists():
        data = ['--data-root', str(args.quickstart / 'data')]
        options = [*data, '--cfg-options', *args.cfg_options, f'runner.max_epochs={args.epochs}']
        train = ['tools/train.py', config, '--work-dir', str(work_dir), '--seed', str(seed)]
        call([*train, '--no-validate', *kd, *options])
        test = ['tools/test.py', config, str(work_dir / 'latest.pth'), '--eval', 'mAP']
        call([*test, '--figures', str(results), *options])
    return json.loads(results.read_text())


def call(command: list[str]) -> None:
    """Run a tool without showing what it prints, but the error in its last line if it fails."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(''.join(done.stderr.splitlines()[-1:]) or done.returncode)


def mean_ap(figures: dict, view: str) -> float:
    """Mean over the classes, at 40 recalls, moderate, strict."""
    return figures[f'KITTI/Overall_{view}_AP40_moderate']


def main() -> None:
    """Train, and report the gain."""
    args = parse_args()
    teacher = ['--use-kd', '--teacher-checkpoint', str(args.quickstart / 'teacher' / 'latest.pth')]
    rows = []
    for seed in args.seeds:
        kd_config = args.kd_config or args.config
        plain = train_and_test(args, args.config, 'plain', seed)
        name = Path(args.kd_config).stem if args.kd_config else 'kd'
        distilled = train_and_test(args, kd_config, name, seed, *teacher)
        row = [mean_ap(figures, view) for view in ('BEV', '3D') for figures in (plain, distilled)]
        rows.append(row)
        print(f'seed {seed}: BEV {row[0]:.1f} -> {row[1]:.1f}, 3D {row[2]:.1f} -> {row[3]:.1f}')
    lines = []
    for view, (first, second) in {'BEV': (0, 1), '3D': (2, 3)}.items():
        gains = [row[second] - row[first] for row in rows]
        spread = statistics.stdev(gains) if len(gains) > 1 else 0.0
        won = sum(gain > 0 for gain in gains)
        lines.append(
            f'{view}: student {statistics.mean(row[first] for row in rows):.1f}, '
            f'with KD {statistics.mean(row[second] for row in rows):.1f}, '
            f'gain {statistics.mean(gains):+.1f} +- {spread:.1f} (std), '
            f'better in {won} of {len(gains)} seeds'
        )
    print('\n'.join(lines))


if __name__ == '__main__':
    run_tool(main)
