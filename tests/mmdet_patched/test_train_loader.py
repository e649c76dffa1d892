"""The loaders' workers: their random numbers, how they start, and how many threads they take."""

import multiprocessing
import os
import random
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmcv import Config
from torch.utils.data import DataLoader, Dataset

from mmdet_patched.apis import build_test_loader, build_train_loader, loaders
from mmdet_patched.apis.seeds import seed_process


class Draws(Dataset):
    """A data set whose samples are random numbers, as augmentations are."""

    flag = np.zeros(8, dtype=np.uint8)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor([np.random.rand()])


class TorchDraws(Draws):
    def __getitem__(self, index):
        return torch.rand(1, dtype=torch.float64)


class PythonDraws(Draws):
    def __getitem__(self, index):
        return torch.tensor([random.random()], dtype=torch.float64)


class Circumstances(Draws):
    """How the worker runs: whether it was forked, and with how many of OpenCV's threads."""

    def __getitem__(self, index):
        forked = 'Fork' in type(multiprocessing.current_process()).__name__
        served = 'Server' in type(multiprocessing.current_process()).__name__
        return torch.tensor([[forked, served, cv2.getNumThreads()]])


def config(workers: int, seed: int = 0, **more) -> Config:
    loader = {'samples_per_gpu': 2, 'workers_per_gpu': workers}
    return Config(
        {
            'data': {'train_dataloader': loader},
            'seed': seed,
            'runner': {'type': 'EpochBasedRunner'},
            **more,
        }
    )


def draws(workers: int, seed: int = 0, dataset: type[Draws] = Draws) -> list[list[float]]:
    """The numbers drawn in two epochs."""
    np.random.seed(seed)
    torch.manual_seed(seed)
    loader = build_train_loader(dataset(), config(workers, seed), distributed=False)
    return [torch.cat(list(loader)).flatten().tolist() for _ in range(2)]


def test_augmentations_differ_between_workers_and_epochs_and_repeat_with_the_seed():
    first, second = draws(workers=2)
    assert len(set(first + second)) == 16
    assert draws(workers=2) == [first, second]
    assert draws(workers=2, seed=1) != [first, second]


def test_without_workers_the_seed_rules_too():
    assert draws(workers=0) == draws(workers=0)


@pytest.mark.parametrize('dataset', [Draws, TorchDraws, PythonDraws])
def test_processes_of_a_group_draw_different_numbers(monkeypatch, dataset):
    of_first = draws(workers=2, dataset=dataset)
    monkeypatch.setattr(loaders, 'get_dist_info', lambda: (1, 2))
    of_second = draws(workers=2, dataset=dataset)
    numbers = [number for epoch in of_first + of_second for number in epoch]
    assert len(set(numbers)) == 32


def test_the_first_process_draws_from_torch_as_torch_seeded_its_workers():
    ours = draws(workers=2, dataset=TorchDraws)
    torch.manual_seed(0)
    plain = DataLoader(TorchDraws(), batch_size=2, num_workers=2)
    assert ours == [torch.cat(list(plain)).flatten().tolist() for _ in range(2)]


def test_the_seed_of_the_first_process_is_the_runs_own():
    torch.manual_seed(7)
    expected = torch.rand(3)
    seed_process(7)
    assert torch.equal(torch.rand(3), expected)
    seed_process(7, rank=1)
    assert not torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize('method', ['fork', 'spawn', 'forkserver'])
def test_workers_start_and_compute_as_the_config_says(method):
    cfg = config(1, mp_start_method=method, opencv_num_threads=3)
    for loader in (
        build_train_loader(Circumstances(), cfg, distributed=False),
        build_test_loader(Circumstances(), cfg, False, {'workers_per_gpu': 1}),
    ):
        seen = {tuple(row) for row in torch.cat(list(loader)).view(-1, 3).tolist()}
        assert seen == {(method != 'spawn', method == 'forkserver', 3)}


ENDING = """
import os

from test_train_loader import Draws, config

from mmdet_patched.apis import build_train_loader

if __name__ == '__main__':
    loaders = [
        build_train_loader(Draws(), config(2, mp_start_method=method), False)
        for method in ('fork', 'forkserver')
    ]
    passes = [iter(loader) for loader in loaders]
    # One batch of each worker: both have started.
    kept = [(next(each), next(each)) for each in passes]
    workers = [worker.pid for each in passes for worker in each._workers]
    # As a cluster does, which sends it to every process; not the parent.
    command = f'kill -TERM {" ".join(map(str, workers))}'
    assert os.spawnlp(os.P_WAIT, 'sh', 'sh', '-c', command) == 0
    assert [len(list(each)) for each in passes] == [2, 2]
    passes = [iter(loader) for loader in loaders]
    kept = [next(each) for each in passes]
    print('ends', flush=True)
    raise ValueError('in mid-pass, with passes that are still referred to')
"""


def test_workers_outlast_sigterm_of_others_and_end_with_their_parent(tmp_path, repo_root):
    """A run that ends within a pass, by an error or Ctrl-C, is not kept by its workers."""
    script = tmp_path / 'ending.py'
    script.write_text(ENDING)
    paths = os.pathsep.join([str(repo_root), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, 'PYTHONPATH': paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == 'ends\n' and done.returncode == 1, done.stderr
    assert 'ValueError: in mid-pass' in done.stderr
