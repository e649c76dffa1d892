"""Mixed precision on torch's own autocast and GradScaler: float16 on a GPU, bfloat16 on a CPU.

mmcv's ``wrap_fp16_model`` and its decorators know CUDA alone. Here the wrappers of
:mod:`mmcv_patched.parallel` open autocast around the whole model, and what has to stay in float32
(losses, box coders, anything that takes coordinates) is decorated with :func:`in_float32`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from mmcv.runner import HOOKS, BaseRunner, OptimizerHook

_LOW_PRECISION = (torch.float16, torch.bfloat16)


def autocast(device: torch.device, enabled: bool = True) -> torch.autocast:
    """Return the context in which a network computes in the device's low precision."""
    dtype = torch.bfloat16 if device.type == 'cpu' else torch.float16
    return torch.autocast(device.type, dtype=dtype, enabled=enabled)


def in_float32(function: Callable) -> Callable:
    """Run a function outside autocast, the low-precision tensors among its arguments as float32."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast('cuda', enabled=False), torch.autocast('cpu', enabled=False):
            return function(*_to_float32(args), **_to_float32(kwargs))

    return wrapped


def _to_float32(data: Any) -> Any:
    if isinstance(data, torch.Tensor):
        return data.float() if data.dtype in _LOW_PRECISION else data
    if type(data) is dict:
        return {key: _to_float32(value) for key, value in data.items()}
    if type(data) in (list, tuple):
        return type(data)(_to_float32(value) for value in data)
    return data


@HOOKS.register_module()
class MixedPrecisionHook(OptimizerHook):
    """The optimizer's step of a run in mixed precision, where losses are scaled against underflow.

    Only float16 is scaled: bfloat16, on a CPU, has the range of float32. A step whose gradients are
    not finite is left out.

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
        """Compute gradients, unscale and clip them, and take a step."""
        runner.optimizer.zero_grad()
        self.scaler.scale(runner.outputs['loss']).backward()
        self.scaler.unscale_(runner.optimizer)
        if self.grad_clip is not None:
            grad_norm = self.clip_grads(runner.model.parameters())
            if grad_norm is not None:
                values = {'grad_norm': float(grad_norm)}
                runner.log_buffer.update(values, runner.outputs['num_samples'])
        self.scaler.step(runner.optimizer)
        self.scaler.update(self.fixed_scale)
        if runner.meta is not None:
            runner.meta.setdefault('fp16', {})['loss_scaler'] = self.scaler.state_dict()
