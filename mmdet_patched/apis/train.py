"""Put a model, its data, its optimizer, its hooks and perhaps a teacher together, and train."""

import random
from functools import partial
from typing import Any

import mmcv
import numpy as np
import torch
from mmcv.runner import (
    DistEvalHook,
    DistSamplerSeedHook,
    EvalHook,
    OptimizerHook,
    build_optimizer,
    build_runner,
    get_dist_info,
)
from mmdet.datasets import build_dataloader, build_dataset
from mmdet.utils import compat_cfg, find_latest_checkpoint, get_root_logger
from torch import nn
from torch.utils.data import Dataset

from mmcv_patched.parallel import MMDataParallel, MMDistributedDataParallel
from mmcv_patched.runner import EpochBasedRunner, MixedPrecisionHook
from mmdet_patched.apis.test import multi_gpu_test, single_gpu_test


def train_detector(
    model: nn.Module,
    dataset: Dataset | list[Dataset],
    cfg: mmcv.Config,
    distributed: bool = False,
    validate: bool = False,
    timestamp: str | None = None,
    meta: dict | None = None,
    teacher: nn.Module | None = None,
) -> EpochBasedRunner:
    """Train a detector, with ``teacher`` by distillation.

    Args:
        model: the detector to train.
        dataset: its training set, or one for each phase of ``cfg.workflow``.
        cfg: the whole config; ``cfg.device`` says where to train.
        distributed: this process is one of a torch.distributed group.
        validate: evaluate on ``cfg.data.val`` as ``cfg.evaluation`` says.
        timestamp: the name that log files share.
        meta: entries for the checkpoints' ``meta``.
        teacher: the frozen network that publishes features for the student to match.

    Returns:
        The runner, after training.
    """
    cfg = compat_cfg(cfg)
    logger = get_root_logger(log_level=cfg.log_level)
    datasets = dataset if isinstance(dataset, (list, tuple)) else [dataset]
    data_loaders = [_train_loader(each, cfg, distributed) for each in datasets]

    model = _wrap(model, cfg, distributed)
    runner = build_runner(
        cfg.runner,
        default_args=dict(
            model=model,
            optimizer=build_optimizer(model, cfg.optimizer),
            work_dir=cfg.work_dir,
            logger=logger,
            meta=meta,
            # The teacher is never trained, so nothing is gained by wrapping it for gradients.
            **({'teacher': _wrap(teacher, cfg, distributed=False)} if teacher is not None else {}),
        ),
    )
    runner.timestamp = timestamp  # makes .log and .log.json share their name
    _register_hooks(runner, cfg, distributed)
    if validate:
        _register_evaluation(runner, cfg, distributed)
    _restore(runner, cfg)
    runner.run(data_loaders, [tuple(phase) for phase in cfg.workflow])
    return runner


def _train_loader(dataset: Dataset, cfg: mmcv.Config, distributed: bool) -> Any:
    loader_cfg = dict(
        samples_per_gpu=2,
        workers_per_gpu=2,
        dist=distributed,
        seed=cfg.get('seed'),
        runner_type=cfg.runner.type,
    )
    loader = build_dataloader(dataset, **{**loader_cfg, **cfg.data.get('train_dataloader', {})})
    loader.worker_init_fn = partial(_seed_worker, get_dist_info()[0])
    return loader


def _seed_worker(rank: int, worker_id: int) -> None:
    """Seed numpy and Python in a worker, differently in each worker, process and epoch.

    mmdet's own function seeds by worker alone, so every epoch would draw the same augmentations.
    """
    seed = (torch.initial_seed() + 1_000_003 * rank) % 2**32
    np.random.seed(seed)
    random.seed(seed)


def _wrap(model: nn.Module, cfg: mmcv.Config, distributed: bool) -> nn.Module:
    model = model.to(torch.device(cfg.device))
    mixed_precision = bool(cfg.get('fp16'))
    if not distributed:
        return MMDataParallel(model, mixed_precision)
    return MMDistributedDataParallel(
        model,
        mixed_precision,
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )


def _register_hooks(runner: EpochBasedRunner, cfg: mmcv.Config, distributed: bool) -> None:
    optimizer_config = cfg.optimizer_config
    if cfg.get('fp16'):
        optimizer_config = MixedPrecisionHook(**optimizer_config, **cfg.fp16)
    elif 'type' not in optimizer_config:
        optimizer_config = OptimizerHook(**optimizer_config)
    runner.register_training_hooks(
        cfg.lr_config,
        optimizer_config,
        cfg.checkpoint_config,
        cfg.log_config,
        cfg.get('momentum_config'),
        custom_hooks_config=cfg.get('custom_hooks'),
    )
    if distributed:
        runner.register_hook(DistSamplerSeedHook())


def _register_evaluation(runner: EpochBasedRunner, cfg: mmcv.Config, distributed: bool) -> None:
    loader_cfg = dict(samples_per_gpu=1, workers_per_gpu=2, dist=distributed, shuffle=False)
    loader_cfg.update(cfg.data.get('val_dataloader', {}))
    data_loader = build_dataloader(build_dataset(cfg.data.val, dict(test_mode=True)), **loader_cfg)
    hook, test = (DistEvalHook, multi_gpu_test) if distributed else (EvalHook, single_gpu_test)
    evaluation = hook(data_loader, test_fn=test, **cfg.get('evaluation', {}))
    # After the hooks that time the iteration, so that evaluation does not count as training.
    runner.register_hook(evaluation, priority='LOW')


def _restore(runner: EpochBasedRunner, cfg: mmcv.Config) -> None:
    resume_from = cfg.resume_from
    if resume_from is None and cfg.get('auto_resume'):
        resume_from = find_latest_checkpoint(cfg.work_dir)
    if resume_from is not None:
        _resume(runner, resume_from)
    elif cfg.load_from:
        runner.load_checkpoint(cfg.load_from)


def _resume(runner: EpochBasedRunner, checkpoint: str) -> None:
    try:
        runner.resume(checkpoint)
    except ValueError as error:
        raise ValueError(
            f'{checkpoint} was not written by a run like this one: {error}. Resume with the same '
            'config, and with --use-kd if and only if that run was started with it'
        ) from error
