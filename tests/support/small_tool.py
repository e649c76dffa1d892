"""A tool that trains a network of one layer in a group until it is ended, as tools/train.py does.

Its arguments: a config with dist_params, and what befalls which rank after a few steps: 'nothing',
'raises' or 'is killed once', the rank, and how many steps there are.
"""

import logging
import os
import signal
import sys
import time

import torch
from mmcv import Config
from torch import nn

from mmcv_patched.messages import begin_work
from mmcv_patched.parallel import MMDistributedDataParallel
from mmcv_patched.runner import EpochBasedRunner, OptimizerHook, TerminationHook
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.group import attempt, join_group

STEP = 0.05


class Net(nn.Module):
    """One layer, which something befalls."""

    def __init__(self, befalls: str, rank: int) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.befalls, self.rank, self.steps = befalls, rank, 0

    def train_step(self, data: dict, optimizer: object, **_: object) -> dict:
        self.steps += 1
        if self.steps == 4:
            # In one piece: where output is not buffered, print() writes the end of a line apart.
            sys.stdout.write(f'training, process {os.environ["RANK"]}, attempt {attempt()}\n')
            sys.stdout.flush()
        if self.steps == 8 and self.rank == int(os.environ['RANK']):
            self.happens()
        time.sleep(STEP)
        loss = self.layer(data['x']).square().mean()
        return {'loss': loss, 'log_vars': {'loss': loss.item()}, 'num_samples': 1}

    def happens(self) -> None:
        if self.befalls == 'raises':
            raise RuntimeError('the fault of this process')
        if self.befalls == 'is killed once' and attempt() == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Train."""
    config, befalls, rank, steps = *sys.argv[1:3], *map(int, sys.argv[3:5])
    join_group(Config.fromfile(config))
    begin_work()
    model = MMDistributedDataParallel(Net(befalls, rank))
    runner = EpochBasedRunner(
        model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        logger=logging.getLogger('small_tool'),
        max_epochs=1,
    )
    runner.register_hook(OptimizerHook())
    runner.register_hook(TerminationHook())
    runner.run([[{'x': torch.ones(2, 3)}] * steps], [('train', 1)])
    # Torch now and then aborts while it ends its threads.
    os._exit(0)


if __name__ == '__main__':
    run_tool(main)
