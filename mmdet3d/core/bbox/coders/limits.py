"""How far a decoded box may be from what it is decoded from: as far as its numbers can say."""

import torch


def limited(values: torch.Tensor) -> torch.Tensor:
    """Put the largest number of their type in the place of infinite values; NaN stays."""
    largest = torch.finfo(values.dtype).max
    return values.clamp(-largest, largest)


def limited_sizes(values: torch.Tensor) -> torch.Tensor:
    """Do that, and put the least number above 0 in the place of what rounds to 0."""
    kind = torch.finfo(values.dtype)
    return values.clamp(kind.tiny, kind.max)


def is_limited(values: torch.Tensor) -> torch.Tensor:
    """Tell which values :func:`limited` had to bring in, or are no number."""
    return ~(values.abs() < torch.finfo(values.dtype).max)
