"""Run a detector over a data loader, on one device or on a group of them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch
import torch.distributed as dist
from mmcv.runner import get_dist_info
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from mmcv_patched.runner import random_states_kept


@torch.no_grad()
def single_gpu_test(model: nn.Module, data_loader: DataLoader) -> list[dict]:
    """Detect objects in every sample of ``data_loader``, on the model's device.

    A training goes on with the random numbers that it would have had without this.

    Args:
        model: a wrapped detector.
        data_loader: a loader over a test set.

    Returns:
        one result per sample, in the order of the data set.
    """
    with random_states_kept():
        return list(chain.from_iterable(_detect(model, data_loader, show_progress=True)))


@torch.no_grad()
def multi_gpu_test(model: nn.Module, data_loader: DataLoader, **_: Any) -> list[dict] | None:
    """Detect objects with one process per device, each on its share of the data set.

    mmdet's function of this name needs CUDA tensors or a folder that all processes see; this one
    needs neither.

    Args:
        model: a wrapped detector.
        data_loader: this process's loader, over a ``DistributedSampler`` without shuffling.
        **_: accepted for mmcv's evaluation hook, which passes ``tmpdir`` and ``gpu_collect``.

    Returns:
        in the first process one result per sample, in the order of the data set; None in the rest.
    """
    rank, world_size = get_dist_info()
    with random_states_kept():
        own = list(chain.from_iterable(_detect(model, data_loader, show_progress=rank == 0)))
    parts = [None] * world_size
    dist.all_gather_object(parts, own)
    if rank != 0:
        return None
    # The sampler deals samples out in turn and repeats some to give every process the same number.
    in_order = chain.from_iterable(zip(*parts))
    dataset: Any = data_loader.dataset
    return list(in_order)[: len(dataset)]


def _detect(model: nn.Module, data_loader: DataLoader, show_progress: bool) -> Iterator[list[dict]]:
    model.eval()
    for batch in tqdm(data_loader, desc='test', unit='batch', disable=not show_progress):
        yield model(return_loss=False, rescale=True, **batch)
