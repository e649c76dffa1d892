"""mmcv's steps of the optimizer, which stop at gradients that are not finite, or leave them out."""

from collections.abc import Iterable
from typing import Any

import mmcv.runner
from mmcv.runner import HOOKS, BaseRunner
from torch import nn

from mmcv_patched.runner.finite import NonFiniteError, require_finite_norm


def skip_step(runner: BaseRunner, error: NonFiniteError) -> None:
    """Leave out a step whose gradients are not finite, if the runner does so.

    Args:
        runner: of the training.
        error: what is not finite.

    Raises:
        NonFiniteError: if it does not; it is ``error``.
    """
    if not hasattr(runner, 'skip'):
        raise error
    runner.skip(error)
    runner.optimizer.zero_grad()


class _ChecksNorm(mmcv.runner.OptimizerHook):
    """Checks the norm of the gradients, which clipping computes, before the step."""

    _runner: BaseRunner

    def after_train_iter(self, runner: BaseRunner) -> None:
        self._runner = runner
        if getattr(runner, 'is_skipped', False):
            return
        try:
            super().after_train_iter(runner)
        except NonFiniteError as error:
            skip_step(runner, error)

    def clip_grads(self, params: Iterable[nn.Parameter]) -> float | None:
        norm: Any = super().clip_grads(params)
        if norm is None:
            return None
        require_finite_norm(float(norm), self._runner)
        return float(norm)


@HOOKS.register_module(force=True)
class OptimizerHook(_ChecksNorm):
    """mmcv's ``OptimizerHook``; with ``grad_clip``, a norm that is not finite ends the run."""


@HOOKS.register_module(force=True)
class GradientCumulativeOptimizerHook(_ChecksNorm, mmcv.runner.GradientCumulativeOptimizerHook):
    """mmcv's ``GradientCumulativeOptimizerHook``; a norm that is not finite ends the run."""
