"""The data loaders of training and testing, and what their worker processes start with."""

import atexit
import signal
from collections.abc import Mapping
from functools import partial
from multiprocessing import active_children
from typing import Any

import cv2
import mmcv
import torch
from mmcv.runner import get_dist_info
from mmdet.datasets import build_dataloader
from torch.utils.data import DataLoader, Dataset

from mmcv_patched.messages import join_messages, messages_to_join
from mmdet_patched.apis.seeds import seed_process
from mmdet_patched.pickling import register_reducers

register_reducers()


def build_train_loader(dataset: Dataset, cfg: mmcv.Config, distributed: bool) -> DataLoader:
    """Build the loader of a training set, shuffled, each worker with random numbers of its own.

    It has passes over the data for every runner, so that a resumed one can go on within a pass.

    Args:
        dataset: the training set.
        cfg: the config, as ``mmdet.utils.compat_cfg`` leaves it.
        distributed: deal the samples out to the processes of the group.
    """
    settings = {
        'samples_per_gpu': 2,
        'workers_per_gpu': 2,
        'seed': cfg.get('seed'),
        **cfg.data.get('train_dataloader', {}),
    }
    loader = _build(dataset, cfg, distributed, settings)
    loader.worker_init_fn = partial(
        _start_training_worker,
        cfg.get('opencv_num_threads'),
        messages_to_join(),
        get_dist_info()[0],
    )
    return loader


def build_test_loader(
    dataset: Dataset, cfg: mmcv.Config, distributed: bool, settings: Mapping[str, Any]
) -> DataLoader:
    """Build the loader of a data set to be tested, in its order.

    Args:
        dataset: the data set.
        cfg: the config.
        distributed: deal the samples out to the processes of the group.
        settings: what the config says on this loader, such as ``workers_per_gpu``.
    """
    defaults = {'samples_per_gpu': 1, 'workers_per_gpu': 2, 'shuffle': False}
    loader = _build(dataset, cfg, distributed, {**defaults, **settings})
    loader.worker_init_fn = partial(
        _start_worker, cfg.get('opencv_num_threads'), messages_to_join()
    )
    return loader


def _build(
    dataset: Dataset, cfg: mmcv.Config, distributed: bool, settings: dict[str, Any]
) -> DataLoader:
    if settings['workers_per_gpu'] > 0:
        settings = {'multiprocessing_context': cfg.get('mp_start_method'), **settings}
    return build_dataloader(dataset, dist=distributed, **settings)


def _start_worker(opencv_threads: int | None, messages: str | None, worker_id: int) -> None:
    """Limit OpenCV's threads and show warnings once, which only a forked worker would inherit."""
    # What a forked worker does inherit, and must not tell of its own signals.
    signal.set_wakeup_fd(-1)
    join_messages(messages)
    if opencv_threads is not None:
        cv2.setNumThreads(opencv_threads)


def _start_training_worker(
    opencv_threads: int | None, messages: str | None, rank: int, worker_id: int
) -> None:
    """Seed a worker too, differently in each worker, process and epoch.

    mmdet's own function seeds by worker alone, so every epoch would draw the same augmentations.
    """
    _start_worker(opencv_threads, messages, worker_id)
    # A cluster sends it to all processes; this one is needed until the step is done.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    seed_process(torch.initial_seed(), rank)


@atexit.register
def _kill_workers() -> None:
    """End the workers of passes that this process leaves in their middle, as after an error.

    Python sends them SIGTERM when it ends, which they ignore, and would wait for them for ever.
    """
    for process in active_children():
        if process.daemon:
            process.kill()
