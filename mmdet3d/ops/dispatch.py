"""Which backend computes: numba on the CPU, Triton on CUDA devices where it works, else torch."""

import warnings
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch

# Not imported before a kernel is needed: Triton is optional, and slow to import.
_KERNELS = 'mmdet3d.ops.on_device.in_triton'


def by_device(on_cpu: Callable, on_device: Callable, kernels: str | None = None) -> Callable:
    """Make one function of tensors out of the backends of an operator.

    Args:
        on_cpu: takes and returns numpy arrays.
        on_device: takes and returns tensors; otherwise the same arguments and results.
        kernels: the module of ``on_device.in_triton`` that has a function of the same name as
            ``on_device``, to call instead on a CUDA device where Triton works.

    Returns:
        a function with these arguments. The device of its first tensor chooses the backend; on the
        CPU tensors share their memory with the arrays. No gradient flows through it.
    """

    @wraps(on_device)
    def operator(*args: Any) -> Any:
        device = next(arg.device for arg in args if isinstance(arg, torch.Tensor))
        if device.type == 'cpu':
            return _tensors(on_cpu(*map(_array, args)))
        if device.type == 'cuda' and kernels is not None and triton_works():
            # Triton launches on the current device, whatever the tensors' is.
            with torch.cuda.device(device):
                return getattr(import_module(f'{_KERNELS}.{kernels}'), on_device.__name__)(*args)
        return on_device(*args)

    return operator


@cache
def triton_works() -> bool:
    """Tell whether Triton is installed and launches a kernel; warn where it only is installed."""
    if find_spec('triton') is None:
        return False
    try:
        import_module(f'{_KERNELS}.launch').launch_probe()
    except Exception as error:
        # Of many types: no C compiler, no headers of Python, a device that is too old.
        reason = f'{type(error).__name__}: {error}'.partition('\n')[0]
        warnings.warn(
            f'Triton is installed but cannot launch a kernel ({reason}): '
            'operators compute in torch, which is slower',
            stacklevel=2,
        )
        return False
    return True


def _array(value: Any) -> Any:
    return value.numpy() if isinstance(value, torch.Tensor) else value


def _tensors(found: Any) -> Any:
    if isinstance(found, tuple):
        return tuple(map(torch.from_numpy, found))
    return torch.from_numpy(found)
