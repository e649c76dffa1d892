"""A step of training on two frames, forward, backward and optimizer."""

from collections.abc import Callable
from typing import Any

import torch
from mmcv.runner import build_optimizer

from benchmarks.rows.frames import (
    PILLARS,
    SIZES,
    first_cloud,
    in_training,
    limit,
    multiply_adds,
    training_batch,
)
from benchmarks.rows.row import Row, compare
from mmcv_patched.parallel import MMDataParallel
from mmdet3d.models.dense_heads.assignment_cache import AssignmentCache
from mmdet3d.utils.config import load_config

BATCH, PASSES = 2, 3


def step(config: str, batch: dict, mixed: bool = False, teacher: Any = None) -> Callable:
    """Return what takes a step, as a run does.

    Args:
        config: that of the detector.
        batch: from :func:`training_batch`.
        mixed: under ``fp16 = dict(...)``.
        teacher: a frozen detector, or None.
    """
    model = in_training(config)
    asked = {} if teacher is None else {'last': model.init_kd(teacher)}
    wrapped = MMDataParallel(model.to(batch['points'][0].device), mixed)
    optimizer = build_optimizer(model, load_config(config).optimizer)

    def take() -> float:
        # Augmented frames do not come again.
        model.bbox_head._cache = AssignmentCache()
        told = {}
        if teacher is not None:
            with torch.no_grad():
                told['teacher_info'] = teacher.train_step(batch, None, is_teacher=True, **asked)
        optimizer.zero_grad()
        outputs = wrapped.train_step(batch, optimizer, **told)
        outputs['loss'].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 35)
        optimizer.step()
        return outputs['log_vars'].get('loss_kd', 0.0)

    return take


def rows(data: str) -> list[Row]:
    """Measure float32, and the low precision beside it; the limit is three forward passes.

    Args:
        data: folder written by tools/create_data.py.
    """
    batch, cloud, found = training_batch(f'{PILLARS}.py', data), first_cloud(data), []
    for size, suffix in SIZES.items():
        config = f'{PILLARS}{suffix}.py'
        operations = BATCH * PASSES * multiply_adds(config, cloud)
        plain, low = compare(step(config, batch), step(config, batch, mixed=True), repeats=3)
        name = f'training step, batch {BATCH}, PointPillars {size}'
        found.append(Row(name, None, plain, limit=limit(operations)))
        found.append(Row(f'{name}, fp16=dict(...)', plain, low, limit=limit(operations, True)))
    return found
