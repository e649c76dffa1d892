"""Random numbers that data loaders draw, of each generator."""

import random
from typing import Any

import numpy as np
import torch
from mmcv import Config
from torch.utils.data import Dataset

from mmdet_patched.apis import build_train_loader, seed_process


class Draws(Dataset):
    """A data set whose samples are random numbers, as augmentations are."""

    flag = np.zeros(16, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.flag)

    def __getitem__(self, index: int) -> torch.Tensor:
        drawn = [random.random(), np.random.rand(), torch.rand(1, dtype=torch.float64).item()]
        return torch.tensor(drawn, dtype=torch.float64)


def draws_of_loaders(rank: int) -> dict[str, Any]:
    """What a process of a group draws in two passes, without and with workers, and once more."""
    return {
        f'{workers} workers': [_two_passes(rank, workers) for _ in range(2)] for workers in (0, 2)
    }


def _two_passes(rank: int, workers: int) -> list[list[float]]:
    seed_process(5, rank)
    data = {'train_dataloader': {'samples_per_gpu': 2, 'workers_per_gpu': workers}}
    cfg = Config({'data': data, 'seed': 5, 'runner': {'type': 'EpochBasedRunner'}})
    loader = build_train_loader(Draws(), cfg, distributed=True)
    return torch.cat([each for _ in range(2) for each in loader]).tolist()
