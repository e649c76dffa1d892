"""Train a detector from its config, alone or by distillation."""

import logging
import time
from pathlib import Path
from typing import Any

import mmcv
from mmcv.runner import get_dist_info
from mmcv.utils import get_logger
from mmdet.utils import get_root_logger
from torch import nn
from torch.utils.data import Dataset

from mmcv_patched.full_disk import write_whole
from mmcv_patched.logs import OFF_THE_SCREEN, keep_tables_off_the_screen
from mmcv_patched.messages import begin_work
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.anchor_fit import check_anchor_fit
from mmdet3d.apis.class_names import check_teacher_classes
from mmdet3d.apis.environment import (
    choose_seed,
    describe_environment,
    scale_learning_rate,
    seed_everything,
    set_up_device,
    set_up_processes,
)
from mmdet3d.apis.settings import (
    check_training,
    check_validation,
    config_stem,
    fill_in_settings,
    format_config,
)
from mmdet3d.apis.teacher import build_teacher, name_teacher
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.dataset_wrappers import unwrapped
from mmdet3d.datasets.skip_broken import skip_broken
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import adapt_to_weights
from mmdet3d.utils.config import find_datasets
from mmdet3d.utils.group import attempt, may_start_again
from mmdet3d.utils.writable import check_folder
from mmdet_patched.apis import find_start, newest_checkpoint, seed_process, train_detector


def train_model(
    model: Any,
    dataset: Dataset | list[Dataset],
    cfg: mmcv.Config,
    distributed: bool = False,
    validate: bool = False,
    timestamp: str | None = None,
    meta: dict | None = None,
    teacher: nn.Module | None = None,
    val_dataset: Dataset | None = None,
) -> Any:
    """Train a detector; see :func:`mmdet_patched.apis.train_detector`.

    With a ``teacher``, the model's distillation losses are built first if they are not yet. What
    the config leaves out is filled in. The model takes the form of the weights that it begins with.
    ``val_dataset`` is what :func:`check_validation` gives; it is called if there is none.

    Raises:
        ValueError: if the config cannot be trained, what it says cannot be evaluated, or nothing of
            ``load_from`` fits.
        FileNotFoundError: if a file of the validation is missing.
    """
    fill_in_settings(cfg)
    check_training(cfg, use_kd=teacher is not None)
    check_agreement(cfg)
    if validate and val_dataset is None:
        val_dataset = check_validation(cfg)
    if teacher is not None and model.kd_losses is None:
        model.init_kd(teacher)
    _adapt_to_start(model, cfg)
    return _train(model, dataset, cfg, distributed, validate, timestamp, meta, teacher, val_dataset)


def _train(
    model: Any,
    dataset: Dataset | list[Dataset],
    cfg: mmcv.Config,
    distributed: bool,
    validate: bool,
    timestamp: str | None,
    meta: dict | None,
    teacher: nn.Module | None,
    val_dataset: Dataset | None,
) -> Any:
    """Train what has been checked, with a model in the form of the weights that it begins with."""
    last_taught = None if teacher is None else model.last_taught(teacher)
    datasets = dataset if isinstance(dataset, (list, tuple)) else [dataset]
    return train_detector(
        model,
        [skip_broken(each, cfg.data.get('skip_broken')) for each in datasets],
        cfg,
        distributed,
        validate,
        timestamp,
        meta,
        teacher,
        last_taught,
        val_dataset,
    )


def run_training(
    cfg: mmcv.Config,
    use_kd: bool = False,
    teacher_config: str | None = None,
    teacher_checkpoint: str | None = None,
    validate: bool = True,
    seed: int | None = None,
    deterministic: bool = False,
    launcher: str = 'none',
    autoscale_lr: bool = False,
) -> Any:
    """Do what ``tools/train.py`` is for.

    Args:
        cfg: the config, from a file or not.
        use_kd: distil from a teacher.
        teacher_config: config of the teacher, instead of ``cfg.teacher.config``.
        teacher_checkpoint: weights of the teacher, instead of ``cfg.teacher.checkpoint``.
        validate: evaluate during training, as ``cfg.evaluation`` says.
        seed: seed of the run, instead of ``cfg.seed``; random, and logged, without either.
        deterministic: let torch use deterministic algorithms only.
        launcher: 'none' or 'pytorch'.
        autoscale_lr: multiply the learning rate by the number of processes over 8.

    Returns:
        the runner, after training.

    Raises:
        ValueError: if the config cannot be trained; the folder of the run is not made then.
        FileNotFoundError: if a file is missing; likewise.
        OSError: if the folder of the run cannot be written.
    """
    fill_in_settings(cfg)
    _go_on_where_started_again(cfg)
    check_training(cfg, use_kd)
    check_folder(cfg.work_dir, 'work_dir')
    check_agreement(cfg)
    if use_kd:
        check_teacher_classes(cfg, teacher_config)
    set_up_processes(cfg)
    distributed = set_up_device(cfg, launcher)
    notes = [scale_learning_rate(cfg)] if autoscale_lr else []
    # What can fail for want of a file or a key does so before the folder of the run is made.
    teacher = build_teacher(cfg, teacher_config, teacher_checkpoint) if use_kd else None
    cfg.seed = choose_seed(seed if seed is not None else cfg.get('seed'))
    seed_everything(cfg.seed, deterministic)
    model = build_model(cfg.model)
    datasets = _build_datasets(cfg)
    check_anchor_fit(model, datasets[0])
    val_dataset = check_validation(cfg) if validate else None
    model.CLASSES = datasets[0].CLASSES
    # mmcv would list how every single parameter was initialised.
    get_logger('mmcv').setLevel(logging.WARNING)
    model.init_weights()
    if teacher is not None:
        model.init_kd(teacher)
    _adapt_to_start(model, cfg)
    rank, _ = get_dist_info()
    if rank > 0:
        # The weights are the same by now; augmentations and samples of a loss are to differ.
        seed_process(cfg.seed, rank)
    timestamp = time.strftime('%Y%m%d_%H%M%S')
    meta = _start_log(cfg, timestamp, datasets[0].CLASSES, notes)
    begin_work()
    if use_kd:
        meta['teacher'] = name_teacher(cfg, teacher_config, teacher_checkpoint)
    return _train(
        model, datasets, cfg, distributed, validate, timestamp, meta, teacher, val_dataset
    )


def _go_on_where_started_again(cfg: mmcv.Config) -> None:
    """Resume where torchrun may start the processes again, from what they saved before they failed.

    The first time too: else a run that fails before its first checkpoint would go on from those of
    an earlier run in its folder.
    """
    if may_start_again():
        cfg.auto_resume = True
    if attempt() > 0:
        cfg.resume_from = newest_checkpoint(cfg.work_dir) or cfg.get('resume_from')


def _adapt_to_start(model: Any, cfg: mmcv.Config) -> None:
    checkpoint, _ = find_start(cfg)
    if checkpoint is not None:
        adapt_to_weights(model, checkpoint)


def _build_datasets(cfg: mmcv.Config) -> list[Any]:
    """One data set for each phase of the workflow; that of validation with labels."""
    sections = [cfg.data.train]
    if len(cfg.workflow) == 2:
        val = mmcv.ConfigDict(cfg.data.val)
        train = next(find_datasets(cfg.data.train))
        val.update(pipeline=train['pipeline'], test_mode=False)
        sections.append(val)
    datasets = [build_dataset(section) for section in sections]
    # Where samples may be broken, the first of them may be.
    for part in () if cfg.data.get('skip_broken') else unwrapped(datasets[0]):
        if hasattr(part, 'check_first_cloud'):
            part.check_first_cloud()
    return datasets


def _start_log(
    cfg: mmcv.Config, timestamp: str, classes: tuple[str, ...], notes: list[str]
) -> dict:
    """Make the folder of the run, log what it will do, and return the checkpoints' ``meta``."""
    text = format_config(cfg)
    environment = describe_environment()
    rank, _ = get_dist_info()
    work_dir = Path(cfg.work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    config_name = f'{config_stem(cfg)}.py'
    if rank == 0:
        write_whole(work_dir / config_name, text)
    log = work_dir / f'{timestamp}.log'
    logger = get_root_logger(str(log), cfg.log_level)
    keep_tables_off_the_screen(logger)
    logger.info(
        'Environment: %s', ', '.join(f'{key} {value}' for key, value in environment.items())
    )
    logger.info('Device: %s, processes: %d, seed: %d', cfg.device, len(cfg.gpu_ids), cfg.seed)
    for note in notes:
        logger.info(note)
    logger.info('Config: %s, log: %s', work_dir / config_name, log)
    logger.info('Config:\n%s', text, extra=OFF_THE_SCREEN)
    return {
        'env_info': environment,
        'config': text,
        'seed': cfg.seed,
        'exp_name': config_name,
        'CLASSES': classes,
    }
