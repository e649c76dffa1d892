#!/usr/bin/env python
"""What does a training step cost? Time and peak memory of configs, by the real training tool.

    python tools/create_data.py kitti --root-path KITTI --out-dir DATA --extra-tag kitti
    python benchmarks/training_cost.py --data DATA configs/second/*3class*.py

Students are trained twice, without a teacher and, unless --no-kd, with theirs (of random weights).
Each run is a process of its own; its memory is the peak of what it had resident, all of Python and
the libraries included, and without the processes that load data.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from multiprocessing import Process, Queue
from pathlib import Path

import _environment  # noqa: F401
import torch

from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser

ROOT = Path(__file__).resolve().parents[1]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--data', required=True, help='folder written by tools/create_data.py')
    parser.add_argument('--split', default='trainval', help='info file to train on (%(default)s)')
    parser.add_argument('--batch', type=int, default=2)
    parser.add_argument('--times', type=int, default=4, help='how often each frame is seen')
    parser.add_argument('--no-kd', action='store_true', help='train students only without teacher')
    return parser.parse_args()


def save_teacher(config: str, folder: Path) -> tuple[str, str]:
    """Save the teacher that a student's config names, with random weights."""
    from mmdet3d.models import build_model
    from mmdet3d.utils.config import load_config

    named = load_config(config).teacher.config
    path = folder / 'teacher.pth'
    torch.save(build_model(load_config(named).model).state_dict(), path)
    return named, str(path)


def train(args: argparse.Namespace, config: str, teacher: tuple[str, str] | None) -> tuple:
    """Train for one epoch; return seconds per step (median) and peak memory in GiB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, 'tools/train.py', config, '--work-dir', folder, '--seed', '0']
        command.append('--no-report')
        if teacher:
            command += ['--use-kd', '--teacher-config', teacher[0]]
            command += ['--teacher-checkpoint', teacher[1]]
        options = {
            'data.train.dataset.ann_file': f'{args.data}/kitti_infos_{args.split}.pkl',
            'data.train.times': args.times,
            'data.samples_per_gpu': args.batch,
            'data.workers_per_gpu': 0,
            'runner.max_epochs': 1,
            'log_config.interval': 1,
        }
        command += ['--no-validate', '--data-root', args.data, '--cfg-options']
        command += [f'{key}={value}' for key, value in options.items()]
        queue = Queue()
        process = Process(target=_run, args=(command, queue))
        process.start()
        peak, error = queue.get()
        process.join()
        if error:
            sys.exit(error)
        log = next(Path(folder).glob('*.log.json')).read_text().splitlines()
        times = [line['time'] for line in map(json.loads, log) if line.get('mode') == 'train']
    return statistics.median(times[2:]), peak


def _run(command: list[str], queue: Queue) -> None:
    # In a process of its own, whose children's peak is that of this one run.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    error = ''.join(done.stderr.splitlines()[-1:])
    queue.put((peak, error or done.returncode if done.returncode else None))


def main() -> None:
    """Train each config and print the table."""
    args = parse_args()
    args.data = str(Path(args.data).resolve())
    print('| config | batch | s/step | peak GiB |')
    print('| --- | --- | --- | --- |')
    for config in args.configs:
        seconds, peak = train(args, config, teacher=None)
        print(f'| {Path(config).stem} | {args.batch} | {seconds:.2f} | {peak:.2f} |', flush=True)
        if 'student' in config and not args.no_kd:
            with tempfile.TemporaryDirectory() as folder:
                seconds, peak = train(args, config, save_teacher(config, Path(folder)))
            name = f'{Path(config).stem} --use-kd'
            print(f'| {name} | {args.batch} | {seconds:.2f} | {peak:.2f} |', flush=True)


if __name__ == '__main__':
    run_tool(main)
