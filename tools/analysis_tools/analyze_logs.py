#!/usr/bin/env python
"""Draw what the logs of runs say, and tell how long their iterations take."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import _environment  # noqa: F401

from mmdet3d.report.log_analysis import describe_time, plot_curves, read_logs, write_log_page
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser, Unneeded
from mmdet3d.utils.writable import prepare_file

PICTURES = ('.png', '.svg', '.pdf')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    commands = parser.add_subparsers(dest='task', required=True)
    curves = commands.add_parser('plot_curve', help='draw curves of any keys over runs')
    _add_logs(curves)
    curves.add_argument('--keys', nargs='+', default=['loss'], help='what to draw (%(default)s)')
    curves.add_argument('--title', default='', help='what stands above')
    curves.add_argument('--legend', nargs='+', default=[], help='names of the curves')
    curves.add_argument('--out', type=Path, default=Path('curves.png'), help='(%(default)s)')
    _add_old_arguments(curves)
    times = commands.add_parser('cal_train_time', help='time per iteration')
    _add_logs(times)
    times.add_argument(
        '--include-outliers', action='store_true', help='count the first line of each epoch too'
    )
    page = commands.add_parser('page', help='one HTML page with all curves of a run')
    page.add_argument('run', metavar='WORK_DIR', help='folder of a run, or one of its logs')
    page.add_argument('--out', type=Path, required=True, help='the page to write')
    args = parser.parse_args()
    if args.task == 'plot_curve' and args.out.suffix not in PICTURES:
        parser.error(f'--out {args.out}: a picture ends in one of {", ".join(PICTURES)}')
    return args


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('logs', nargs='+', metavar='LOG', help='folders of runs, or single logs')


def _add_old_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of mmdetection3d's tool of this name."""
    drawn = 'the picture is written to --out, and no window opened'
    told = 'the log says which keys are of the training, and how often it evaluates'
    for option, because in {'--backend': drawn, '--style': drawn, '--mode': told}.items():
        parser.add_argument(option, action=Unneeded, nargs=1, because=because)
    parser.add_argument('--interval', action=Unneeded, nargs=1, because=told)


def main() -> None:
    """Do what the command line asks for."""
    args = parse_args()
    if args.task == 'cal_train_time':
        print(describe_time(read_logs(args.logs), args.include_outliers))
        return
    prepare_file(args.out, '--out')
    if args.task == 'plot_curve':
        plot_curves(read_logs(args.logs), args.keys, args.out, args.legend, args.title)
    else:
        ((name, log),) = read_logs([args.run]).items()
        write_log_page(args.out, name, log)
    print(f'Written: {args.out}')


if __name__ == '__main__':
    run_tool(main)
