"""Predictions of maps as rows, one for each anchor."""

import torch
from torch import Tensor


def flat(maps: Tensor, width: int) -> Tensor:
    """Bring (B, A * width, H, W) or (A * width, H, W) to (B * H * W * A, width)."""
    return maps.movedim(-3, -1).reshape(-1, width)


def top(scores: Tensor, count: int) -> Tensor:
    """Indices of the ``count`` highest of ``scores`` (N,), of all where there are no more."""
    if 0 < count < len(scores):
        return scores.topk(count).indices
    return torch.arange(len(scores), device=scores.device)
