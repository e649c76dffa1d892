#!/usr/bin/env python
"""Train a detector, with --use-kd by distillation from a teacher."""

import argparse

import _environment  # noqa: F401

from mmdet3d.apis import run_training
from mmdet3d.report import report_training
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import add_config_arguments, load_config
from mmdet3d.utils.group import leave_group
from mmdet3d.utils.old_arguments import add_old_arguments
from mmdet3d.utils.tool_parser import ToolParser, Unneeded


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('config', help='config file of the detector to train')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints')
    parser.add_argument('--use-kd', action='store_true', help='distil from a teacher')
    parser.add_argument('--teacher-config', help="instead of the config's teacher.config")
    parser.add_argument('--teacher-checkpoint', help="instead of the config's teacher.checkpoint")
    parser.add_argument('--resume-from', help='checkpoint to go on from')
    parser.add_argument(
        '--auto-resume',
        action='store_true',
        help='go on from the latest checkpoint in the work dir',
    )
    parser.add_argument('--no-validate', action='store_true', help='do not evaluate while training')
    parser.add_argument(
        '--no-report',
        action='store_true',
        help='leave out curves.png, results.md and results.png of the work dir',
    )
    parser.add_argument('--seed', type=int, help='seed of the run; random, and logged, without it')
    parser.add_argument(
        '--deterministic', action='store_true', help='use deterministic algorithms only'
    )
    parser.add_argument(
        '--autoscale-lr',
        action='store_true',
        help='multiply the learning rate by the number of processes over 8',
    )
    parser.add_argument(
        '--diff-seed', action=Unneeded, because='processes draw different random numbers anyway'
    )
    add_config_arguments(parser, '--options')
    add_old_arguments(parser)
    args = parser.parse_args()
    if not args.use_kd and (args.teacher_config or args.teacher_checkpoint):
        parser.error('--teacher-config and --teacher-checkpoint need --use-kd')
    return args


def main() -> None:
    """Train as the command line says."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options, args.data_root, args.infos)
    cfg.work_dir = args.work_dir or cfg.get('work_dir')
    cfg.resume_from = args.resume_from or cfg.get('resume_from')
    cfg.auto_resume = args.auto_resume or cfg.get('auto_resume', False)
    run_training(
        cfg,
        use_kd=args.use_kd,
        teacher_config=args.teacher_config,
        teacher_checkpoint=args.teacher_checkpoint,
        validate=not args.no_validate,
        seed=args.seed,
        deterministic=args.deterministic,
        launcher=args.launcher,
        autoscale_lr=args.autoscale_lr,
    )
    if not args.no_report:
        report_training(cfg, validated=not args.no_validate)
    leave_group()


if __name__ == '__main__':
    run_tool(main, 'the same command with --auto-resume goes on from the last checkpoint')
