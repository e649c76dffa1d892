"""Build the frozen network that a student learns from."""

import mmcv
from torch import nn

from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import load_weights
from mmdet3d.utils.config import find_file, load_config
from mmdet3d.utils.download import verify_sha256_prefix


def build_teacher(
    cfg: mmcv.Config, config: str | None = None, checkpoint: str | None = None
) -> nn.Module:
    """Build the teacher that a student's config names, with its weights, frozen.

    Args:
        cfg: the student's config, with ``teacher=dict(config=..., checkpoint=...)``.
        config: the teacher's config file, instead of that.
        checkpoint: the teacher's checkpoint, instead of that.

    Returns:
        the teacher in eval mode, none of its parameters trainable.

    Raises:
        ValueError: if no teacher is named, its file is damaged, or config and weights do not fit.
        FileNotFoundError: if one of its files is not there.
    """
    named = cfg.get('teacher') or {}
    config = config or named.get('config')
    checkpoint = checkpoint or named.get('checkpoint')
    if not config or not checkpoint:
        raise ValueError(
            f'distillation needs a teacher, but its config is {config} and its checkpoint '
            f'{checkpoint}: set teacher=dict(config=..., checkpoint=...) in the student config, or '
            'give --teacher-config and --teacher-checkpoint'
        )
    path = find_file(checkpoint, 'teacher checkpoint (see pretrain/README.md for where to get it)')
    verify_sha256_prefix(path)
    teacher_cfg = load_config(config).model
    teacher_cfg.train_cfg = None
    teacher = build_model(teacher_cfg)
    load_weights(teacher, path)
    return teacher.eval().requires_grad_(False)
