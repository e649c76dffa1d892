"""Arguments that mmdetection3d's train.py and test.py share: what becomes of each here."""

import argparse
import os
from typing import Any

from mmdet3d.utils.tool_parser import Refused, ToolParser, Unneeded


def add_old_arguments(parser: ToolParser) -> None:
    """Accept what asks for the usual, and refuse the rest with the command to use instead.

    Args:
        parser: the parser of tools/train.py or tools/test.py.
    """
    tool = 'test' if 'test' in parser.prog else 'train'
    given = 'CONFIG CHECKPOINT' if tool == 'test' else 'CONFIG'
    one = f'for one device run CUDA_VISIBLE_DEVICES=1 python tools/{tool}.py {given}'
    many = f'run bash tools/dist_{tool}.sh {given} GPUS'
    parser.add_argument('--gpus', action=Refused, nargs=1, accepted=('1',), instead=many)
    for option in ('--gpu-id', '--gpu-ids'):
        parser.add_argument(
            option, action=Refused, accepted=('0',), nargs='+', instead=f'{one}; for several {many}'
        )
    parser.add_argument(
        '--device', action=Refused, nargs=1, instead='say --cfg-options device=cpu or device=cuda'
    )
    parser.add_argument('--local_rank', '--local-rank', action=_LocalRank, nargs=1, instead=many)
    parser.add_argument('--launcher', action=_Launcher, default='none', instead=many)


def add_old_test_arguments(parser: ToolParser) -> None:
    """Add those of mmdetection3d's test.py alone.

    Args:
        parser: the parser of tools/test.py.
    """
    parser.add_argument(
        '--show', action=Refused, nargs=0, instead='no windows are opened; give --show-dir DIR'
    )
    gathered = 'processes hand their detections over without GPU or folder'
    parser.add_argument('--gpu-collect', action=Unneeded, because=gathered)
    parser.add_argument('--tmpdir', action=Unneeded, nargs=1, because=gathered)


class _LocalRank(Refused):
    """What torch.distributed.launch used to pass; the environment says it too."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        if 'LOCAL_RANK' not in os.environ:
            super().__call__(parser, namespace, values, option)


class _Launcher(argparse.Action):
    """``none`` or ``pytorch``; mmdetection3d has ``slurm`` and ``mpi`` too."""

    def __init__(self, option_strings: Any, dest: str, instead: str, **settings: Any) -> None:
        super().__init__(option_strings, dest, metavar='{none,pytorch}', **settings)
        self.instead = instead

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        if values not in ('none', 'pytorch'):
            parser.error(
                f'{option} {values} is not supported: on each machine {self.instead}, with '
                'NNODES, NODE_RANK, MASTER_ADDR and PORT set'
            )
        setattr(namespace, self.dest, values)
