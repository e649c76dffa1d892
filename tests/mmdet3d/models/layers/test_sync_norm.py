"""Synchronised normalisation: plain in one process, and in runs of several on CPU and on GPU."""

import os
import subprocess
import sys

import pytest
import torch
from mmcv.cnn import build_norm_layer
from mmcv.runner import BaseModule
from torch import nn

from mmdet3d.models.layers.sync_norm import (
    NaiveSyncBatchNorm1d,
    NaiveSyncBatchNorm2d,
    waits_for_others,
)

WORKER = """
import os, sys, warnings
import torch, torch.distributed as dist
import mmcv_patched
from mmdet3d.models.layers.sync_norm import NaiveSyncBatchNorm2d
from mmdet3d.models.layers.sync_norm import waits_for_others
from torch import nn
from torch.nn.parallel import DistributedDataParallel

device, empty, out = sys.argv[1], sys.argv[2] == 'empty', sys.argv[3]
dist.init_process_group('gloo')
rank = dist.get_rank()
torch.manual_seed(0)
whole = torch.randn(5, 3, 4, 4)
part = whole[:0] if empty and rank else whole if empty else whole[:2] if rank else whole[2:]
model = DistributedDataParallel(nn.Sequential(NaiveSyncBatchNorm2d(3)).to(device))
assert waits_for_others(model) == (device == 'cuda') and not waits_for_others(model.eval())
model.train()
part = part.to(device).requires_grad_()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    found = model(part)
found.square().mul(torch.arange(4.0, device=device)).sum().backward()
norm = model.module[0]
result = dict(
    found=found, grad=part.grad, mean=norm.running_mean, warnings=[str(w.message) for w in caught],
    )
torch.save({k: v.detach().cpu() if torch.is_tensor(v) else v for k, v in result.items()},
           f'{out}/{rank}.pt')
dist.destroy_process_group()
# All is checked and saved; torch now and then aborts while it ends its threads after that.
os._exit(0)
"""


def run_two(tmp_path, port: int, device: str, case: str = 'full') -> list[dict]:
    script = tmp_path / 'worker.py'
    script.write_text(WORKER)
    command = [sys.executable, '-m', 'torch.distributed.run', '--nproc-per-node=2']
    command += ['--master-addr=127.0.0.1', f'--master-port={port}']
    done = subprocess.run(
        [*command, str(script), device, case, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )
    assert done.returncode == 0, done.stderr
    return [torch.load(tmp_path / f'{rank}.pt', weights_only=True) for rank in (0, 1)]


def plain(batch: torch.Tensor) -> dict[str, torch.Tensor]:
    """What one process would compute on ``batch``."""
    norm = nn.BatchNorm2d(3)
    batch = batch.clone().requires_grad_()
    found = norm(batch)
    found.square().mul(torch.arange(4.0)).sum().backward()
    return dict(
        found=found.detach(),
        grad=batch.grad,
        mean=norm.running_mean,
        weight_grad=norm.weight.grad,
    )


@pytest.fixture
def whole() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(5, 3, 4, 4)


@pytest.mark.parametrize(
    'name, layer_type, ours, shape',
    [
        ('naiveSyncBN1d', nn.BatchNorm1d, NaiveSyncBatchNorm1d, (6, 3, 7)),
        ('naiveSyncBN1d', nn.BatchNorm1d, NaiveSyncBatchNorm1d, (6, 3)),
        ('naiveSyncBN2d', nn.BatchNorm2d, NaiveSyncBatchNorm2d, (2, 3, 4, 5)),
    ],
)
def test_one_process_normalises_as_ever_under_the_same_names(name, layer_type, ours, shape):
    torch.manual_seed(0)
    key, layer = build_norm_layer(dict(type=name, eps=1e-3, momentum=0.01), 3)
    expected = layer_type(3, eps=1e-3, momentum=0.01)
    assert key == 'bn' and type(layer) is ours
    for _ in range(3):
        x = torch.randn(shape)
        assert torch.equal(layer(x), expected(x))
    assert list(layer.state_dict()) == list(expected.state_dict())
    for key, value in expected.state_dict().items():
        assert torch.equal(layer.state_dict()[key], value)
    x = torch.randn(shape)
    assert torch.equal(layer.eval()(x), expected.eval()(x))
    assert not waits_for_others(layer.train())


def test_rules_of_initialisation_find_it_by_mmdetection3ds_name():
    class Net(BaseModule):
        def __init__(self, init_cfg: dict) -> None:
            super().__init__(init_cfg)
            self.norm = NaiveSyncBatchNorm2d(3)

    net = Net(dict(type='Constant', layer='NaiveSyncBatchNorm2d', val=0.5))
    net.init_weights()
    assert net.norm.weight.tolist() == [0.5] * 3


def test_on_a_cpu_each_process_normalises_its_own_batch_and_says_so(tmp_path, free_port, whole):
    first, second = run_two(tmp_path, free_port, 'cpu')
    for result, part in ((first, whole[2:]), (second, whole[:2])):
        assert torch.allclose(result['found'], plain(part)['found'], atol=1e-6)
        assert torch.allclose(result['grad'], plain(part)['grad'], atol=1e-5)
        (message,) = result['warnings']
        assert 'NaiveSyncBatchNorm2d cannot synchronise on a CPU' in message


@pytest.mark.gpu
def test_on_gpus_the_processes_normalise_one_batch(tmp_path, free_port, whole):
    first, second = run_two(tmp_path, free_port, 'cuda')
    expected = plain(whole)
    for key in ('found', 'grad'):
        both = torch.cat([second[key], first[key]])
        assert torch.allclose(both, expected[key], atol=1e-4)
    for result in (first, second):
        assert result['warnings'] == []
        assert torch.allclose(result['mean'], expected['mean'], atol=1e-5)


@pytest.mark.gpu
def test_on_gpus_a_process_without_input_lets_the_others_go_on(tmp_path, free_port, whole):
    first, second = run_two(tmp_path, free_port, 'cuda', 'empty')
    assert torch.allclose(first['found'], plain(whole)['found'], atol=1e-4)
    assert second['found'].shape == (0, 3, 4, 4)
    assert torch.equal(first['mean'], second['mean'])
