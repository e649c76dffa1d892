"""How far a decoded box may be from what it is decoded from."""

import math

import torch

# Thousands of times what networks predict, and small enough that boxes are finite in float16.
LARGEST = 1e4


def limit_offsets(offsets: torch.Tensor) -> torch.Tensor:
    """Bring offsets of centres, in their units, to at most 10 000 either way."""
    return offsets.clamp(-LARGEST, LARGEST)


def limited_ratios(logarithms: torch.Tensor) -> torch.Tensor:
    """Return ratios of sizes, of whose logarithms they are: from 1 / 10 000 to 10 000."""
    return logarithms.clamp(-math.log(LARGEST), math.log(LARGEST)).exp()
