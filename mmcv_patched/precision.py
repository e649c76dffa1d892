"""Where a network computes in low precision and where not: float16 on a GPU, bfloat16 on a CPU.

mmcv's ``wrap_fp16_model`` and its decorators know CUDA alone. Here the wrappers of
:mod:`mmcv_patched.parallel` open torch's own autocast around the whole model, and what has to stay
in float32 (losses, box coders, anything that takes coordinates) is decorated with
:func:`in_float32`. The optimizer's step is :mod:`mmcv_patched.runner.mixed_precision`'s.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

import torch

from mmcv_patched.nested import map_leaves

PRECISIONS = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}
_LOW_PRECISION = (torch.float16, torch.bfloat16)


def autocast(device: torch.device, enabled: bool = True) -> torch.autocast:
    """Return the context in which a network computes in the device's low precision.

    Args:
        device: where the network is.
        enabled: False for a context that changes nothing.
    """
    dtype = torch.bfloat16 if device.type == 'cpu' else torch.float16
    return torch.autocast(device.type, dtype=dtype, enabled=enabled)


def require_precision(key: str, precision: str | None, device: torch.device | None = None) -> None:
    """Check the name of a precision.

    Args:
        key: where it was given.
        precision: None, or one of :data:`PRECISIONS`.
        device: where it is to be had; None where that is not known yet.

    Raises:
        ValueError: if it is another, or one that the device does not compute in.
    """
    if precision is not None and precision not in PRECISIONS:
        allowed = ', '.join(map(repr, PRECISIONS))
        raise ValueError(f'{key}={precision!r}: expected one of {allowed}')
    if precision == 'fp16' and device is not None and device.type == 'cpu':
        raise ValueError(f"{key}='fp16' is for GPUs: on a CPU give 'bf16' or 'fp32'")


def computing_in(precision: str | None, device: torch.device) -> AbstractContextManager:
    """Return the context in which a network computes in a precision.

    Args:
        precision: one of :data:`PRECISIONS`; None for a context that changes nothing.
        device: where the network is.
    """
    if precision is None:
        return nullcontext()
    low = precision != 'fp32'
    return torch.autocast(device.type, PRECISIONS[precision] if low else None, enabled=low)


def in_float32(function: Callable) -> Callable:
    """Run a function outside autocast, the low-precision tensors among its arguments as float32.

    Args:
        function: the function or method to decorate. Its tensors may be nested in lists, tuples,
            dicts and data classes.
    """

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast('cuda', enabled=False), torch.autocast('cpu', enabled=False):
            return function(*map_leaves(_to_float32, args), **map_leaves(_to_float32, kwargs))

    return wrapped


def _to_float32(leaf: Any) -> Any:
    if isinstance(leaf, torch.Tensor) and leaf.dtype in _LOW_PRECISION:
        return leaf.float()
    return leaf
