"""The smallest values of each row, in torch, for devices numba does not reach."""

import torch


def smallest_of_rows(values: torch.Tensor, k: int) -> torch.Tensor:
    """Find the smallest values of each row.

    Same arguments and result as ``on_cpu.smallest_of_rows.smallest_of_rows``, as tensors, but for
    which of equal values are found.
    """
    return values.topk(k, dim=1, largest=False, sorted=False).indices
