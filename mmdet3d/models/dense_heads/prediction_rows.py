"""Predictions of maps as rows, one for each anchor."""

import torch
from torch import Tensor


def flat(maps: Tensor, width: int) -> Tensor:
    """Bring (B, A * width, H, W) or (A * width, H, W) to (B * H * W * A, width)."""
    return maps.movedim(-3, -1).reshape(-1, width)


def by_anchor(level: Tensor, width: int) -> Tensor:
    """Return a view of (A * width, H, W) as (H * W, A, width)."""
    return level.movedim(-3, -1).flatten(0, 1).unflatten(1, (-1, width))


def best_class(level: Tensor, width: int) -> Tensor:
    """Return the score of each anchor's most probable class, of shape (H * W * A,).

    Args:
        level: logits of a map, of shape (A * width, H, W).
        width: number of classes.
    """
    # Class by class: reductions over a few neighbours are not vectorised.
    return torch.stack(by_anchor(level, width).unbind(-1)).amax(dim=0).flatten().sigmoid()


def rows_at(level: Tensor, width: int, index: Tensor) -> Tensor:
    """Return some rows of ``flat(level, width)``, of shape (N, width), and copy no others.

    Args:
        level: predictions of a map, of shape (A * width, H, W).
        width: numbers of each anchor.
        index: which anchors, of shape (N,).
    """
    view = by_anchor(level, width)
    return view[index // view.shape[1], index % view.shape[1]]


def top(scores: Tensor, count: int) -> Tensor:
    """Indices of the ``count`` highest of ``scores`` (N,), of all where there are no more."""
    if 0 < count < len(scores):
        return scores.topk(count).indices
    return torch.arange(len(scores), device=scores.device)
