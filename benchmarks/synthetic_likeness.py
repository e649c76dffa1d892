#!/usr/bin/env python
"""Compare frames in KITTI's layout by figures: a table, and curves in a picture.

The curves of several datasets are drawn into one picture. Those of KITTI's own frames are under
KITTI's licence: do not commit them.
"""

import argparse
from pathlib import Path

import _environment  # noqa: F401
import numpy as np
from matplotlib.figure import Figure

from mmdet3d.datasets.kitti import read_split
from mmdet3d.synthetic.kitti.statistics import (
    CLASSES,
    DISTANCES,
    ELEVATIONS,
    FrameFigures,
    clear_objects,
    points_at_10_m,
    read_figures,
)
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('roots', nargs='+', type=Path, help='datasets: their training frames')
    parser.add_argument('--number', type=int, help='frames of each to read; all without it')
    parser.add_argument('--out', type=Path, required=True, help='the picture to write')
    return parser.parse_args()


def print_table(name: str, frames: list[FrameFigures]) -> None:
    """Print the figures of one dataset."""
    low, middle, high = np.percentile([frame.in_range for frame in frames], [10, 50, 90])
    print(f'{name}: {len(frames)} frames')
    print(f'  points in view and range  {middle:.0f} (10%: {low:.0f}, 90%: {high:.0f})')
    print(f'  points per file           {np.median([frame.total for frame in frames]):.0f}')
    print(f'  nearest ground ahead      {np.median([f.nearest_ground for f in frames]):.2f} m')
    for kind in CLASSES:
        number = sum(found.name == kind for frame in frames for found in frame.objects)
        scaled = points_at_10_m(frames, kind)
        middle = f'{np.median(scaled):.0f}' if len(scaled) else '-'
        print(f'  {kind:12}{number / len(frames):.2f} per frame, {middle} points at 10 m if clear')


def draw(datasets: dict[str, list[FrameFigures]], path: Path) -> None:
    """Draw points over elevation, over distance, and per object over distance."""
    figure = Figure(figsize=(13, 7.5), dpi=80, layout='constrained')
    panels = figure.subplots(2, 3).ravel()
    for number, (name, frames) in enumerate(datasets.items()):
        # The smallest dataset on top.
        style = dict(color=f'C{number}', label=name, zorder=2 + 1 / len(frames))
        elevations = np.mean([frame.by_elevation for frame in frames], axis=0)
        panels[0].stairs(elevations, ELEVATIONS, **style)
        panels[1].stairs(np.mean([f.by_distance for f in frames], axis=0), DISTANCES, **style)
        panels[2].hist([f.in_range for f in frames], bins=15, density=True, alpha=0.5, **style)
        for panel, kind in zip(panels[3:], CLASSES):
            clear = clear_objects(frames, kind)
            panel.plot([c.distance for c in clear], [c.points for c in clear], '.', **style)
            panel.set(title=f'{kind}, not hidden', xlabel='distance (m)', ylabel='points')
            panel.set(yscale='log', xlim=(0, 70), ylim=(1, 5000))
    panels[0].set(title='in view, per degree', xlabel='elevation (degrees)', ylabel='points')
    panels[1].set(title='in view', xlabel='distance (m)', ylabel='points per step', yscale='log')
    panels[2].set(title='in view and range', xlabel='points per frame')
    panels[0].legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    """Print and draw the comparison that the command line asks for."""
    args = parse_args()
    datasets = {}
    for root in args.roots:
        indices = read_split(root, 'train')[: args.number]
        datasets[str(root)] = read_figures(root, indices)
        print_table(str(root), datasets[str(root)])
    draw(datasets, args.out)
    print(f'written to {args.out}')


if __name__ == '__main__':
    run_tool(main)
