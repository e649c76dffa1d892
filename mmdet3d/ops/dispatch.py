"""Which backend computes: numba where the tensors are on the CPU, torch on every other device."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch


def by_device(on_cpu: Callable, on_device: Callable) -> Callable:
    """Make one function of tensors out of the two backends of an operator.

    Args:
        on_cpu: takes and returns numpy arrays.
        on_device: takes and returns tensors; otherwise the same arguments and results.

    Returns:
        a function with these arguments. The device of its first tensor chooses the backend; on the
        CPU tensors share their memory with the arrays. No gradient flows through it.
    """

    @wraps(on_device)
    def operator(*args: Any) -> Any:
        device = next(arg.device for arg in args if isinstance(arg, torch.Tensor))
        if device.type != 'cpu':
            return on_device(*args)
        return _tensors(on_cpu(*map(_array, args)))

    return operator


def _array(value: Any) -> Any:
    return value.numpy() if isinstance(value, torch.Tensor) else value


def _tensors(found: Any) -> Any:
    if isinstance(found, tuple):
        return tuple(map(torch.from_numpy, found))
    return torch.from_numpy(found)
