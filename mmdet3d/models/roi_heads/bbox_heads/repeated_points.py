"""Proposals of few points, which are repeated until they are as many as in all proposals."""

import torch
from torch import Tensor


def lengths(feats: Tensor) -> Tensor:
    """Return how many points of each proposal have to be looked at, of shape (R,).

    Of these the rest are repetitions. Proposals are alike in steps of a factor of two, so that many
    can be computed together.

    Args:
        feats: the points of each proposal, of shape (R, S, C), x, y and z first.
    """
    period = _periods(feats)
    powers = 2 ** torch.arange(feats.shape[1].bit_length() + 1, device=feats.device)
    size = powers[torch.searchsorted(powers, period)]
    return size.clamp(max=feats.shape[1])


def _periods(feats: Tensor) -> Tensor:
    """After how many points each proposal repeats them from the first, S if it does not."""
    count = feats.shape[1]
    is_first = (feats[:, 1:, :3] == feats[:, :1, :3]).all(dim=2)
    period = torch.where(is_first.any(dim=1), is_first.int().argmax(dim=1) + 1, count)
    index = torch.arange(count, device=feats.device) % period[:, None]
    again = feats.gather(1, index[..., None].expand_as(feats))
    # Two points at one place are no period.
    return period.where((again == feats).flatten(1).all(dim=1), count)
