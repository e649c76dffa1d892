"""The hooks of a training run: its optimizer's step, its schedule and logs, its evaluation."""

import mmcv
import mmcv.runner
from mmcv.runner import (
    HOOKS,
    DistSamplerSeedHook,
    EvalHook,
    OptimizerHook,
)
from mmdet.datasets import NumClassCheckHook, build_dataset
from torch.utils.data import Dataset

from mmcv_patched.runner import BaseRunner, IterBasedRunner, TerminationHook
from mmdet_patched.apis.evaluation import GroupEvalHook, hook_arguments
from mmdet_patched.apis.loaders import build_test_loader
from mmdet_patched.apis.test import multi_gpu_test, single_gpu_test

# Which hook takes the place of another in mixed precision.
_IN_MIXED_PRECISION = {
    'OptimizerHook': 'MixedPrecisionHook',
    'GradientCumulativeOptimizerHook': 'GradientCumulativeMixedPrecisionHook',
}
_OF_CUDA_ALONE = ('Fp16OptimizerHook', 'GradientCumulativeFp16OptimizerHook')


def build_optimizer_hook(cfg: mmcv.Config) -> OptimizerHook:
    """Build what takes the optimizer's steps, from ``optimizer_config`` and ``fp16``.

    Raises:
        ValueError: if ``optimizer_config.type`` is a hook of mmcv's own mixed precision, or one
            that has no counterpart in mixed precision.
    """
    settings = dict(cfg.get('optimizer_config') or {})
    name = settings.pop('type', 'OptimizerHook')
    if name in _OF_CUDA_ALONE:
        raise ValueError(
            f"optimizer_config.type={name!r} is mmcv's mixed precision, which knows CUDA alone: "
            f'set fp16=dict(loss_scale=512.) instead, with one of {list(_IN_MIXED_PRECISION)}'
        )
    if cfg.get('fp16'):
        if name not in _IN_MIXED_PRECISION:
            raise ValueError(
                f'fp16={dict(cfg.fp16)} cannot be combined with optimizer_config.type={name!r}: '
                f'mixed precision takes its steps by one of {list(_IN_MIXED_PRECISION)}'
            )
        name = _IN_MIXED_PRECISION[name]
        settings.update(cfg.fp16)
    return HOOKS.build({'type': name, **settings})


def register_training_hooks(
    runner: mmcv.runner.BaseRunner, cfg: mmcv.Config, distributed: bool
) -> None:
    """Register what the config says on steps, schedule, checkpoints, logs, and its own hooks."""
    runner.register_training_hooks(
        cfg.get('lr_config'),
        build_optimizer_hook(cfg),
        cfg.get('checkpoint_config'),
        cfg.get('log_config'),
        cfg.get('momentum_config'),
        custom_hooks_config=cfg.get('custom_hooks'),
    )
    if not any(isinstance(hook, NumClassCheckHook) for hook in runner.hooks):
        runner.register_hook(NumClassCheckHook())
    if isinstance(runner, BaseRunner):
        runner.register_hook(TerminationHook(), priority='LOWEST')
    if distributed and not isinstance(runner, IterBasedRunner):
        runner.register_hook(DistSamplerSeedHook())


def register_evaluation(
    runner: mmcv.runner.BaseRunner,
    cfg: mmcv.Config,
    distributed: bool,
    dataset: Dataset | None = None,
) -> None:
    """Register the evaluation of ``cfg.data.val``, as ``cfg.evaluation`` says.

    It counts epochs or iterations as the runner does, unless ``by_epoch`` says otherwise.

    Args:
        runner: of the training.
        cfg: the config.
        distributed: this process is one of a group.
        dataset: what ``cfg.data.val`` describes; None builds it.
    """
    if dataset is None:
        dataset = build_dataset(cfg.data.val, dict(test_mode=True))
    data_loader = build_test_loader(dataset, cfg, distributed, cfg.data.get('val_dataloader', {}))
    hook, test = (GroupEvalHook, multi_gpu_test) if distributed else (EvalHook, single_gpu_test)
    by_epoch = not isinstance(runner, IterBasedRunner)
    settings = {'by_epoch': by_epoch, **hook_arguments(cfg.get('evaluation') or {}, distributed)}
    # After the hooks that time the iteration, so that evaluation does not count as training.
    runner.register_hook(hook(data_loader, test_fn=test, **settings), priority='LOW')
