"""Operators by their Triton kernels: interpreted on the CPU, or compiled on a CUDA device."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import torch

from mmdet3d.ops import dispatch
from support.backends import computed_by

# Triton reads it when it is imported: it holds for a whole process.
INTERPRETED = os.environ.get('TRITON_INTERPRET') == '1'


def kernel_module(name: str) -> Any:
    """The module of an operator's kernel."""
    return import_module(f'mmdet3d.ops.on_device.in_triton.{name}')


def kernel_backend() -> AbstractContextManager:
    """Let operators compute by kernels on whatever device."""
    return computed_by(_kernel_of)


def _kernel_of(name: str, in_torch: Callable) -> Callable | None:
    # Voxels are found by sorting, which torch does.
    return None if name == 'voxelize' else getattr(kernel_module(name), in_torch.__name__)


def by_kernels(operator: Callable, *args: Any) -> list[torch.Tensor]:
    """Call an operator with tensors of the CPU; its kernels compute, on a GPU unless interpreted.

    Returns:
        its results, on the CPU.
    """
    if INTERPRETED:
        with kernel_backend():
            return as_list(operator(*args))
    assert dispatch.triton_works()
    moved = (arg.to('cuda') if isinstance(arg, torch.Tensor) else arg for arg in args)
    found = as_list(operator(*moved))
    assert all(tensor.is_cuda for tensor in found)
    return [tensor.cpu() for tensor in found]


def as_list(found: torch.Tensor | tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    """The results of an operator that returns one tensor or several."""
    return list(found) if isinstance(found, tuple) else [found]
