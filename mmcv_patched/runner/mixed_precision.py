"""The optimizer's step in mixed precision, on torch's own GradScaler."""

from typing import Any

import torch
from mmcv.runner import HOOKS, BaseRunner, GradientCumulativeOptimizerHook, OptimizerHook

from mmcv_patched.runner.finite import NonFiniteError, require_finite_norm
from mmcv_patched.runner.optimizer_hooks import skip_step


@HOOKS.register_module()
class MixedPrecisionHook(OptimizerHook):
    """The optimizer's step of a run in mixed precision, where losses are scaled against underflow.

    Only float16 is scaled: bfloat16, on a CPU, has the range of float32. A scaled step whose
    gradients are not finite is left out; without a scale it ends the run, where ``grad_clip`` asks
    for the norm.

    Args:
        loss_scale: a fixed factor, 'dynamic', or the arguments of ``torch.amp.GradScaler``.
        **kwargs: as for mmcv's ``OptimizerHook``, notably ``grad_clip``.

    Raises:
        ValueError: if ``loss_scale`` is none of these.
    """

    def __init__(self, loss_scale: float | str | dict = 512.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fixed_scale = None
        if isinstance(loss_scale, dict):
            self.settings = dict(loss_scale)
        elif loss_scale == 'dynamic':
            self.settings = {}
        elif isinstance(loss_scale, (int, float)) and loss_scale > 0:
            self.fixed_scale = float(loss_scale)
            self.settings = {'init_scale': self.fixed_scale}
        else:
            raise ValueError(
                f"fp16.loss_scale={loss_scale!r}: give a positive factor, 'dynamic', or a dict of "
                "torch.amp.GradScaler's arguments"
            )

    def before_run(self, runner: BaseRunner) -> None:
        """Make the scaler, and restore it where a run is resumed."""
        device = next(runner.model.parameters()).device.type
        self.scaler = torch.amp.GradScaler(device, enabled=device != 'cpu', **self.settings)
        saved = (runner.meta or {}).get('fp16', {}).get('loss_scaler')
        if saved:
            self.scaler.load_state_dict(saved)

    def after_train_iter(self, runner: BaseRunner) -> None:
        """Compute gradients and take a step."""
        if getattr(runner, 'is_skipped', False):
            return
        runner.optimizer.zero_grad()
        if self.detect_anomalous_params:
            self.detect_anomalous_parameters(runner.outputs['loss'], runner)
        self.scaler.scale(runner.outputs['loss']).backward()
        self.take_step_if_finite(runner)

    def take_step_if_finite(self, runner: BaseRunner) -> None:
        """Take a step; leave it out where gradients are not finite, if the runner does so."""
        try:
            self.take_step(runner)
        except NonFiniteError as error:
            skip_step(runner, error)

    def take_step(self, runner: BaseRunner) -> None:
        """Unscale and clip the gradients, take a step, and adapt the scale."""
        self.scaler.unscale_(runner.optimizer)
        if self.grad_clip is not None:
            grad_norm = self.clip_grads(runner.model.parameters())
            if grad_norm is not None:
                if not self.scaler.is_enabled():
                    require_finite_norm(float(grad_norm), runner)
                values = {'grad_norm': float(grad_norm)}
                runner.log_buffer.update(values, runner.outputs['num_samples'])
        self.scaler.step(runner.optimizer)
        self.scaler.update(self.fixed_scale)
        if runner.meta is not None:
            runner.meta.setdefault('fp16', {})['loss_scaler'] = self.scaler.state_dict()


@HOOKS.register_module()
class GradientCumulativeMixedPrecisionHook(GradientCumulativeOptimizerHook, MixedPrecisionHook):
    """A step in mixed precision on the mean gradient of several iterations.

    It counts and averages as mmcv's ``GradientCumulativeOptimizerHook`` does.

    Args:
        cumulative_iters: iterations to each step.
        **kwargs: as for :class:`MixedPrecisionHook`.
    """

    def after_train_iter(self, runner: BaseRunner) -> None:
        """Add to the gradients, and take a step where enough iterations contributed."""
        if not self.initialized:
            self._init(runner)
        if getattr(runner, 'is_skipped', False):
            return
        loss = runner.outputs['loss'] / self._get_loss_factor(runner)
        self.scaler.scale(loss).backward()
        if self.every_n_iters(runner, self.cumulative_iters) or self.is_last_iter(runner):
            self.take_step_if_finite(runner)
            runner.optimizer.zero_grad()
