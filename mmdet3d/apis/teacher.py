"""Build the frozen network that a student learns from."""

import mmcv
import torch
from torch import nn

from mmcv_patched.download import verify_sha256_prefix
from mmcv_patched.precision import require_precision
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import find_checkpoint, load_weights
from mmdet3d.utils.config import load_config


def build_teacher(
    cfg: mmcv.Config, config: str | None = None, checkpoint: str | None = None
) -> nn.Module:
    """Build the teacher that a student's config names, with its weights, frozen.

    Args:
        cfg: the student's config, with ``teacher=dict(config=..., checkpoint=...)``; also with
            ``precision``, what the teacher computes in, 'fp32', 'bf16' or, on a GPU, 'fp16'.
            Without it, as the student.
        config: the teacher's config file, instead of that.
        checkpoint: the teacher's checkpoint, instead of that.

    Returns:
        the teacher in eval mode, none of its parameters trainable.

    Raises:
        ValueError: if no teacher is named, its file is damaged, config and weights do not fit, or
            there is no such precision on ``cfg.device``.
        OSError: if one of its files is not there, or cannot be fetched from its address.
    """
    config, checkpoint = name_teacher(cfg, config, checkpoint).values()
    if not config or not checkpoint:
        raise ValueError(
            f'distillation needs a teacher, but its config is {config} and its checkpoint '
            f'{checkpoint}: set teacher=dict(config=..., checkpoint=...) in the student config, or '
            'give --teacher-config and --teacher-checkpoint'
        )
    where = 'teacher checkpoint (see pretrain/README.md for where to get it)'
    path = find_checkpoint(checkpoint, where)
    verify_sha256_prefix(path)
    teacher_cfg = load_config(config).model
    teacher_cfg.train_cfg = None
    teacher = build_model(teacher_cfg)
    load_weights(teacher, path)
    teacher.precision = (cfg.get('teacher') or {}).get('precision')
    device = torch.device(cfg.device) if cfg.get('device') else None
    require_precision('teacher.precision', teacher.precision, device)
    return teacher.eval().requires_grad_(False)


def name_teacher(
    cfg: mmcv.Config, config: str | None = None, checkpoint: str | None = None
) -> dict[str, str | None]:
    """Return the files of a student's teacher, as ``config`` and ``checkpoint``.

    Args:
        cfg: the student's config.
        config: the teacher's config file, instead of the one that ``cfg`` names.
        checkpoint: the teacher's checkpoint, likewise.
    """
    named = cfg.get('teacher') or {}
    return {
        'config': config or named.get('config'),
        'checkpoint': checkpoint or named.get('checkpoint'),
    }
