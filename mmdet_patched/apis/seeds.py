"""Random numbers that differ between the processes of a run."""

import random

import numpy as np
import torch

# More than a process has workers, whose seeds follow each other.
_STRIDE = 1_000_003


def seed_process(seed: int, rank: int = 0) -> None:
    """Seed Python, numpy and torch, differently in each process of a group.

    Args:
        seed: the seed that the processes share.
        rank: number of this process; the first one's seed is ``seed`` itself.
    """
    seed = seed + _STRIDE * rank
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed % 2**32)
