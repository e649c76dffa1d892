"""Weights made from names and shapes, for networks whose figures are recorded in tests/figures."""

import zlib
from collections.abc import Sequence
from itertools import chain

import torch


def seeded_tensor(
    name: str, shape: Sequence[int], dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """The values of a parameter or buffer, in the sizes that keep features near 1.

    Args:
        name: its key in the network's ``state_dict``.
        shape: its shape; the first dimension of two or more is that of the outputs.
        dtype: its type; whole numbers, which only count batches, are 0.
    """
    if not dtype.is_floating_point:
        return torch.zeros(shape, dtype=dtype)
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    values = torch.rand(shape, generator=generator)
    if len(shape) > 1:
        inputs = values[0].numel()
        return (2 * values - 1) * (6 / inputs) ** 0.5
    if name.endswith(('running_var', 'weight')):
        return values + 0.5
    return (values - 0.5) / 2


@torch.no_grad()
def seed_weights(module: torch.nn.Module) -> torch.nn.Module:
    """Fill a network's parameters and buffers in place and return it."""
    for name, tensor in chain(module.named_parameters(), module.named_buffers()):
        tensor.copy_(seeded_tensor(name, tensor.shape, tensor.dtype))
    return module
