"""Operators by their Triton kernels: interpreted on the CPU, or compiled on a CUDA device."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest import mock

import torch

from mmdet3d.ops import dispatch

# Triton reads it when it is imported: it holds for a whole process.
INTERPRETED = os.environ.get('TRITON_INTERPRET') == '1'

# The operators' modules, and where each chooses its backend.
CHOICES = [
    ('ball_query', '_ball_query'),
    ('furthest_point_sample', '_choose'),
    ('nms', '_greedy_nms'),
    ('points_in_boxes', '_inside'),
    ('roi_point_pool', '_first_inside'),
    ('rotated_iou', '_overlaps'),
    ('rotated_iou', '_iou'),
    ('three_nn', '_three_nearest'),
]


def kernel_module(name: str) -> Any:
    """The module of an operator's kernel."""
    return import_module(f'mmdet3d.ops.on_device.in_triton.{name}')


@contextmanager
def kernel_backend() -> Iterator[None]:
    """Let operators compute by kernels on whatever device."""
    with ExitStack() as patches:
        for name, attribute in CHOICES:
            module = import_module(f'mmdet3d.ops.{name}')
            function = getattr(module, attribute).__wrapped__.__name__
            kernel = getattr(kernel_module(name), function)
            patches.enter_context(mock.patch.object(module, attribute, kernel))
        yield


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
