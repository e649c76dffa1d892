#!/usr/bin/env python
"""Measure every row of the table in docs/performance.md, and write it there.

    python benchmarks/performance_table.py --rows kd_loss voxelization
    python benchmarks/performance_table.py --data DATA --write
    python benchmarks/performance_table.py --data DATA --reference PYTHON --write

Each row times a plain version that is obviously right against the shipped one, in one process. With
--write the table takes the place of the one in docs/performance.md. PYTHON is the interpreter of an
environment with mmdetection3d 1.0.0rc6, which does the same work afterwards.
"""

import argparse
import platform
from importlib import import_module
from pathlib import Path

import _environment  # noqa: F401
import torch

from benchmarks.rows.reference import measure
from benchmarks.rows.row import Row
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.memory import keep_freed_memory
from mmdet3d.utils.tool_parser import ToolParser

PAGE = Path(__file__).resolve().parents[1] / 'docs' / 'performance.md'
BEGIN, END = '<!-- table -->', '<!-- end of table -->'
ROWS = (
    'kd_loss',
    'inference',
    'training_step',
    'second',
    'voxelization',
    'point_rcnn',
    'kitti_evaluation',
    'data_files',
    'data_loading',
)
ON_DATA = ('inference', 'training_step', 'second')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rows', nargs='+', choices=ROWS, default=ROWS, help='(all)')
    parser.add_argument('--threads', type=int, default=2, help='(%(default)s)')
    parser.add_argument('--write', action='store_true', help='put the table into the docs')
    parser.add_argument('--data', help='folder written by tools/create_data.py kitti')
    parser.add_argument('--reference', help='interpreter with mmdetection3d, measured beside')
    args = parser.parse_args()
    needing = [name for name in args.rows if name in ON_DATA]
    if args.reference:
        needing.append('--reference')
    if needing and not args.data:
        parser.error(f'{", ".join(needing)} need --data, a folder written by tools/create_data.py')
    return args


def cell(value: float | None, form: str) -> str:
    """Return a figure as text, empty where there is none."""
    return '' if value is None else format(value, form)


def line(row: Row) -> str:
    """Return a row of the table."""
    ratio = row.plain and row.plain / row.shipped
    memory = row.shipped_memory and f'{cell(row.plain_memory, ",.0f")} → {row.shipped_memory:,.0f}'
    share = row.limit and row.shipped / row.limit
    cells = [
        row.work,
        cell(row.plain, ',.1f'),
        cell(row.shipped, ',.1f'),
        cell(ratio, '.1f'),
        memory or '',
        cell(share, '.2f'),
        cell(row.reference, ',.1f'),
        cell(row.reference and row.reference / row.shipped, '.1f'),
    ]
    return f'| {" | ".join(cells)} |'


def table(found: list[Row], threads: int) -> str:
    """Return the whole table as Markdown."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f'{threads} threads'
    head = ['work', 'plain, ms', 'shipped, ms', 'ratio', 'peak MiB', 'times the limit']
    head += ['mmdetection3d, ms', 'ratio']
    return '\n'.join(
        [
            f'Measured by `python benchmarks/performance_table.py --write`: {device}, torch '
            f'{torch.__version__}, Python {platform.python_version()}.\n',
            f'| {" | ".join(head)} |',
            f'|{"---|" * len(head)}',
            *map(line, found),
        ]
    )


def beside(found: list[Row], reference: dict[str, float]) -> list[Row]:
    """Put the reference's milliseconds to the rows of the same work, in any precision."""
    return [
        row._replace(
            reference=next(
                (time for work, time in reference.items() if row.work.startswith(work)), None
            )
        )
        for row in found
    ]


def main() -> None:
    """Measure, print, and write."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    # As train.py and test.py do.
    keep_freed_memory()
    found = []
    for name in args.rows:
        given = [args.data] if name in ON_DATA else []
        for row in import_module(f'benchmarks.rows.{name}').rows(*given):
            print(line(row), flush=True)
            found.append(row)
    if args.reference:
        found = beside(found, measure(args.reference, args.data, args.threads))
    if args.write:
        page = PAGE.read_text(encoding='utf-8')
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        text = f'{before}{BEGIN}\n{table(found, args.threads)}\n{END}{after}'
        PAGE.write_text(text, encoding='utf-8')


if __name__ == '__main__':
    run_tool(main)
