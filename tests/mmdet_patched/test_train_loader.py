import numpy as np
import torch
from mmcv import Config
from torch.utils.data import Dataset

from mmdet_patched.apis.train import _train_loader


class Draws(Dataset):
    """A data set whose samples are random numbers, as augmentations are."""

    flag = np.zeros(8, dtype=np.uint8)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor([np.random.rand()])


def draws(workers: int, seed: int = 0) -> list[list[float]]:
    """The numbers drawn in two epochs."""
    np.random.seed(seed)
    torch.manual_seed(seed)
    loaders = {'samples_per_gpu': 2, 'workers_per_gpu': workers}
    cfg = Config(
        {
            'data': {'train_dataloader': loaders},
            'seed': seed,
            'runner': {'type': 'EpochBasedRunner'},
        }
    )
    loader = _train_loader(Draws(), cfg, distributed=False)
    return [torch.cat(list(loader)).flatten().tolist() for _ in range(2)]


def test_augmentations_differ_between_workers_and_epochs_and_repeat_with_the_seed():
    first, second = draws(workers=2)
    assert len(set(first + second)) == 16
    assert draws(workers=2) == [first, second]
    assert draws(workers=2, seed=1) != [first, second]


def test_without_workers_the_seed_rules_too():
    assert draws(workers=0) == draws(workers=0)
