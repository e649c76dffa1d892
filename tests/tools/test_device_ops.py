"""benchmarks/device_ops.py: on a GPU as users run it; elsewhere its cases, and what it says."""

import functools
import runpy
import sys

import pytest
import torch


@pytest.fixture
def device_ops(repo_root, monkeypatch):
    monkeypatch.syspath_prepend(repo_root / 'benchmarks')
    monkeypatch.setattr(sys, 'argv', ['device_ops.py', '--repeats', '1'])
    return runpy.run_path(str(repo_root / 'benchmarks/device_ops.py'))


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a CUDA device')
def test_without_a_gpu_it_says_so(device_ops, capsys):
    with pytest.raises(SystemExit) as ended:
        device_ops['main']()
    assert ended.value.code == 2
    assert 'torch finds no CUDA device here' in capsys.readouterr().err


def test_every_case_finds_something(device_ops):
    generator = torch.Generator().manual_seed(0)
    cloud = device_ops['made_up_cloud'](generator)
    cases = [
        *device_ops['point_operators'](cloud, generator),
        *device_ops['box_operators'](generator, cloud.device),
    ]
    for name, operator in cases:
        found = operator()
        first = found[0] if isinstance(found, tuple) else found
        assert first.any() and first.numel() > 10, name


def test_results_that_differ_are_noticed(device_ops):
    index, areas = torch.arange(5), torch.rand(5)
    agreement = device_ops['agreement']
    assert agreement([index, areas], [index, areas]) == (True, 'identical')
    assert agreement([areas], [areas + 1e-7])[0]
    assert not agreement([areas], [areas + 1e-3])[0]
    assert not agreement([index], [index + 1])[0]
    assert not agreement([index], [index[:4]])[0]


def test_the_least_traffic_is_what_is_given_and_found(device_ops):
    rows = torch.zeros(10, 5)
    operator = functools.partial(torch.add, rows, 1)
    assert device_ops['least_traffic'](operator, [operator()]) == 2 * 10 * 5 * 4


@pytest.mark.gpu
def test_every_operator_is_compared(device_ops, capsys):
    with pytest.raises(SystemExit) as ended:
        device_ops['main']()
    assert ended.value.code == 0, capsys.readouterr().out
