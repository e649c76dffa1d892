"""The train step of every detector, which is also how a teacher is asked."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from mmdet.models.detectors import BaseDetector as MMDetBaseDetector

from mmcv_patched.precision import computing_in


class BaseDetector(MMDetBaseDetector):
    """mmdet's ``BaseDetector``, whose train step takes part in distillation.

    Attributes:
        precision: what it computes in, whoever calls it: 'fp32', 'bf16' or 'fp16'; None leaves it
            to the caller.
    """

    precision: str | None = None

    def train_step(
        self,
        data: Mapping[str, Any],
        optimizer: torch.optim.Optimizer | None,
        epoch: int | None = None,
        iter: int | None = None,
        is_teacher: bool = False,
        teacher_info: dict | None = None,
        last: str | None = None,
    ) -> dict:
        """Run one training iteration but for the backward pass.

        Args:
            data: a batch, the keyword arguments of ``forward``.
            optimizer: not used; part of mmcv's interface.
            epoch: number of the epoch, for losses on the teacher that schedule something by it.
            iter: number of the iteration, likewise.
            is_teacher: only publish this network's features on the batch.
            teacher_info: what the teacher published on the same batch; it reaches ``forward``
                together with ``epoch`` and ``iter``.
            last: of a teacher, the feature after whose stage it may stop; without it, it publishes
                all that it has.

        Returns:
            for a teacher, what ``get_teacher_info`` returns. Else ``loss`` (a scalar tensor),
            ``log_vars`` (floats by name, among them ``loss_kd`` with a teacher) and
            ``num_samples``.
        """
        if is_teacher:
            asked = {} if last is None else {'last': last}
            with self.computing():
                return self.get_teacher_info(**data, **asked)
        if teacher_info is not None:
            data = {**data, 'teacher_info': teacher_info, 'epoch': epoch, 'iter': iter}
        losses = self(**data)
        loss, log_vars = self._parse_losses(losses)
        return dict(loss=loss, log_vars=log_vars, num_samples=len(data['img_metas']))

    def computing(self) -> AbstractContextManager:
        """Return the context in which this network computes in its precision."""
        return computing_in(self.precision, next(self.parameters()).device)

    def get_teacher_info(self, *args: Any, **data: Any) -> dict:
        """Return the features that a student may learn from; detectors that can teach override."""
        raise NotImplementedError(
            f'{type(self).__name__} cannot be a teacher: it does not define get_teacher_info'
        )
