"""Put a model, its data, its optimizer, its hooks and perhaps a teacher together, and train."""

from typing import Any

import mmcv
import mmcv.runner
import torch
from mmcv.runner import build_optimizer, build_runner
from mmdet.utils import compat_cfg, get_root_logger
from torch import nn
from torch.utils.data import Dataset

from mmcv_patched.parallel import MMDataParallel, MMDistributedDataParallel
from mmdet_patched.apis.hooks import register_evaluation, register_training_hooks
from mmdet_patched.apis.loaders import build_train_loader
from mmdet_patched.apis.restart import find_start


def train_detector(
    model: nn.Module,
    dataset: Dataset | list[Dataset],
    cfg: mmcv.Config,
    distributed: bool = False,
    validate: bool = False,
    timestamp: str | None = None,
    meta: dict | None = None,
    teacher: nn.Module | None = None,
    last_taught: str | None = None,
    val_dataset: Dataset | None = None,
) -> mmcv.runner.BaseRunner:
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
        last_taught: the feature after whose stage the teacher may stop; None for all that it has.
        val_dataset: what ``cfg.data.val`` describes; None builds it if it is needed.

    Returns:
        the runner, after training.
    """
    cfg = compat_cfg(cfg)
    logger = get_root_logger(log_level=cfg.log_level)
    datasets = dataset if isinstance(dataset, (list, tuple)) else [dataset]
    data_loaders = [build_train_loader(each, cfg, distributed) for each in datasets]

    model = _wrap(model, cfg, distributed)
    runner = build_runner(
        cfg.runner,
        default_args=dict(
            model=model,
            optimizer=build_optimizer(model, cfg.optimizer),
            work_dir=cfg.work_dir,
            logger=logger,
            meta=meta,
            **_teacher_arguments(teacher, last_taught, cfg),
        ),
    )
    runner.nan_policy = cfg.get('nan_policy', 'stop')
    runner.load_partly = cfg.get('load_partly', False)
    runner.timestamp = timestamp  # makes .log and .log.json share their name
    register_training_hooks(runner, cfg, distributed)
    if validate:
        register_evaluation(runner, cfg, distributed, val_dataset)
    _restore(runner, cfg)
    runner.run(data_loaders, [tuple(phase) for phase in cfg.workflow])
    return runner


def _teacher_arguments(
    teacher: nn.Module | None, last_taught: str | None, cfg: mmcv.Config
) -> dict[str, Any]:
    """What a runner is told of the teacher; a user's own runner without one knows of none."""
    if teacher is None:
        return {}
    # The teacher is never trained, so nothing is gained by wrapping it for gradients.
    return {'teacher': _wrap(teacher, cfg, distributed=False), 'last_taught': last_taught}


def _wrap(model: nn.Module, cfg: mmcv.Config, distributed: bool) -> nn.Module:
    model = model.to(torch.device(cfg.device))
    mixed_precision = bool(cfg.get('fp16'))
    if not distributed:
        return MMDataParallel(model, mixed_precision)
    return MMDistributedDataParallel(
        model,
        mixed_precision,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )


def _restore(runner: mmcv.runner.BaseRunner, cfg: mmcv.Config) -> None:
    checkpoint, resumes = find_start(cfg)
    if checkpoint is not None and resumes:
        _resume(runner, checkpoint)
    elif checkpoint is not None:
        runner.load_checkpoint(checkpoint)


def _resume(runner: mmcv.runner.BaseRunner, checkpoint: str) -> None:
    try:
        runner.resume(checkpoint)
    except ValueError as error:
        raise ValueError(
            f'{checkpoint} was not written by a run like this one: {error}. Resume with the same '
            'config, and with --use-kd if and only if that run was started with it; to begin a new '
            'run with its weights, name it as load_from'
        ) from error
