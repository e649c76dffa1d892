"""Two processes on this machine train the network that one process would."""

import os
import subprocess
import sys

import pytest
import torch

WORKER = """
import os, sys
import torch, torch.distributed as dist
from mmcv.parallel import DataContainer
from torch import nn
import mmcv_patched
from mmcv.parallel import is_module_wrapper
from mmcv_patched.parallel import MMDistributedDataParallel

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)
    def forward(self, x):
        return self.layer(x)
    def train_step(self, data, optimizer, teacher_info=None):
        return {'loss': (self(data['x']) - 1).square().mean()}

dist.init_process_group('gloo')
rank = dist.get_rank()
torch.manual_seed(rank)  # the wrapper has to make the weights equal
model = MMDistributedDataParallel(Net())
assert is_module_wrapper(model) and isinstance(model.module, Net)
x = torch.arange(12.0).view(4, 3) / 10
model.train_step({'x': DataContainer([x[2 * rank : 2 * rank + 2]])}, None)['loss'].backward()
single = Net()
single.load_state_dict(model.module.state_dict())
single.train_step({'x': x}, None)['loss'].backward()
assert torch.allclose(model.module.layer.weight.grad, single.layer.weight.grad)
torch.save(model.module.layer.weight.detach(), f'{sys.argv[1]}/{rank}.pt')
dist.destroy_process_group()
# All is checked and saved; torch now and then aborts while it ends its threads after that.
os._exit(0)
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason='torch without distributed')
def test_gradients_are_those_of_the_whole_batch(tmp_path, free_port):
    script = tmp_path / 'worker.py'
    script.write_text(WORKER)
    command = [sys.executable, '-m', 'torch.distributed.run', '--nproc-per-node=2']
    command += ['--master-addr=127.0.0.1', f'--master-port={free_port}', str(script), str(tmp_path)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f'{rank}.pt', weights_only=True) for rank in (0, 1))
    assert torch.equal(first, second)
