#!/usr/bin/env python
"""Print how many made-up scenes per second are written with 1 and with 2 workers."""

import tempfile
import time

import _environment  # noqa: F401

from mmdet3d.synthetic import create_synthetic_kitti
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser


def measure(scenes: int, workers: int) -> float:
    """Write a dataset to a temporary folder; give scenes per second, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        create_synthetic_kitti(folder, train=scenes - 1, val=1, test=0, workers=workers)
        return scenes / (time.perf_counter() - start)


def main() -> None:
    """Measure, and print a line per number of workers."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('--scenes', type=int, default=100, help='(%(default)s)')
    scenes = parser.parse_args().scenes
    for workers in (1, 2):
        busy = time.process_time()
        speed = measure(scenes, workers)
        print(f'{workers} worker(s): {speed:.2f} scenes/s, start-up included, {scenes} scenes')
        if workers == 1:
            # Unlike the speed, this hardly depends on what else the machine does.
            print(f'processor time: {(time.process_time() - busy) / scenes:.3f} s per scene')


if __name__ == '__main__':
    run_tool(main)
