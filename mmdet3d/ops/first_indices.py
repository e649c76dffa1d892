"""The first true entries of the rows of a mask, in torch."""

import torch


def first_indices(mask: torch.Tensor, limit: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the first true entries of every row, in order.

    Args:
        mask: bool of shape (..., N).
        limit: how many entries of a row are listed.

    Returns:
        their indices, int64 of shape (..., limit), zeros after the last one; how many are listed,
        int64 of shape (...).
    """
    rank = mask.cumsum(dim=-1)
    # What is not listed goes to one slot more, which is cut off.
    slot = torch.where(mask & (rank <= limit), rank - 1, limit)
    listed = rank.new_zeros((*mask.shape[:-1], limit + 1))
    index = torch.arange(mask.shape[-1], device=mask.device)
    listed.scatter_(-1, slot, index.expand_as(slot))
    return listed[..., :limit], mask.sum(dim=-1).clamp(max=limit)
