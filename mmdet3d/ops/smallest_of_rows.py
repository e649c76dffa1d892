"""The smallest values of each row, on any device."""

import torch

from mmdet3d.on_cpu import smallest_of_rows as on_cpu
from mmdet3d.ops.checks import require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import smallest_of_rows as on_device

_smallest = by_device(on_cpu.smallest_of_rows, on_device.smallest_of_rows)


@torch.no_grad()
def smallest_of_rows(values: torch.Tensor, k: int) -> torch.Tensor:
    """Find the k smallest values of each row, as ``torch.topk`` does, in less time on a CPU.

    NaN counts as the largest. Of equal values the CPU takes the first.

    Args:
        values: of shape (N, M).
        k: how many.

    Returns:
        int64 of shape (N, k), indices within the rows, in no particular order.

    Raises:
        TypeError: if ``values`` is not a floating-point tensor.
        ValueError: if it is of another shape, or ``k`` is not from 1 to M.
    """
    require_floats(values=values)
    require_shape('values', values, ('N', 'M'))
    if not 1 <= k <= values.shape[1]:
        raise ValueError(f'k={k} of rows of {values.shape[1]} values: expected from 1 to as many')
    return _smallest(values.detach().float(), k)
