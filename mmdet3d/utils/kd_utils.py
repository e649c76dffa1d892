"""The tensor maths of PointDistiller: sample, group, weigh and compare. Imports torch alone.

Symbols as in the paper (arXiv 2205.11098, section 3): M voxels with teacher and student features,
N of them sampled, K neighbours of each.
"""

from collections.abc import Callable

import torch
from torch import Tensor

SAMPLE_MODES = ('top', 'bottom', 'rand', 'mixed')

# Distances are computed for this many pairs at a time, to bound memory (64 MiB of float32).
_PAIRS_AT_ONCE = 1 << 24


def sample_by_importance(importance: Tensor, num_samples: int, mode: str = 'top') -> Tensor:
    """Choose which voxels to distil.

    Args:
        importance: score of each voxel, of shape (M,).
        num_samples: how many to choose; all of them where there are fewer.
        mode: 'top' the most important, 'bottom' the least, 'mixed' half of each, 'rand' any.

    Returns:
        indices of shape (N,), N = min(num_samples, M), each voxel at most once.

    Raises:
        ValueError: for another ``mode``.
    """
    count = min(num_samples, len(importance))
    if mode == 'rand':
        return torch.randperm(len(importance), device=importance.device)[:count]
    order = importance.argsort(descending=True, stable=True)
    if mode == 'top':
        return order[:count]
    if mode == 'bottom':
        return order[len(order) - count :]
    if mode == 'mixed':
        most = count - count // 2
        return torch.cat([order[:most], order[len(order) - (count - most) :]])
    raise ValueError(f'sample_mode={mode!r}: allowed are {", ".join(SAMPLE_MODES)}')


def smallest_of_rows(values: Tensor, k: int) -> Tensor:
    """Find the k smallest values of each row.

    Args:
        values: of shape (N, M).
        k: how many.

    Returns:
        indices of shape (N, k), in no particular order.
    """
    return values.topk(k, dim=1, largest=False, sorted=False).indices


def nearest_neighbours(
    features: Tensor,
    centres: Tensor,
    k: int,
    smallest: Callable[[Tensor, int], Tensor] = smallest_of_rows,
) -> Tensor:
    """Find the nearest voxels in feature space; a voxel counts as a neighbour of itself.

    Args:
        features: features of shape (M, C).
        centres: indices of the voxels whose neighbours are sought, of shape (N,).
        k: number of neighbours; all voxels where there are fewer.
        smallest: finds the k smallest of each row, as :func:`smallest_of_rows`.

    Returns:
        indices of shape (N, K), K = min(k, M), in no particular order.
    """
    k = min(k, len(features))
    if k == len(features):
        return torch.arange(k, device=features.device).expand(len(centres), k)
    squares = features.square().sum(dim=1)
    rows = max(1, _PAIRS_AT_ONCE // len(features))
    found = [
        # |f - c|^2 without |c|^2, which is the same for all neighbours of c.
        smallest(torch.addmm(squares, features[chunk], features.t(), alpha=-2), k)
        for chunk in centres.split(rows)
    ]
    return torch.cat(found) if found else centres.new_zeros(0, k)


def nearest_neighbours_in_frame(
    features: Tensor,
    centres: Tensor,
    k: int,
    frames: Tensor,
    smallest: Callable[[Tensor, int], Tensor] = smallest_of_rows,
) -> Tensor:
    """Find the nearest voxels in feature space among those of the same cloud.

    Args:
        features: features of shape (M, C).
        centres: indices of shape (N,).
        k: number of neighbours.
        frames: which cloud of the batch each voxel belongs to, of shape (M,).
        smallest: as for :func:`nearest_neighbours`.

    Returns:
        indices of shape (N, K), K the smaller of ``k`` and the voxels of the largest cloud. A cloud
        with fewer voxels than K repeats them in turn.
    """
    k = min(k, int(frames.bincount().max()))
    found = centres.new_empty(len(centres), k)
    for frame in frames[centres].unique():
        members = (frames == frame).nonzero().squeeze(1)
        own = frames[centres] == frame
        local = torch.searchsorted(members, centres[own])
        neighbours = members[nearest_neighbours(features[members], local, k, smallest)]
        turn = torch.arange(k, device=centres.device) % neighbours.shape[1]
        found[own] = neighbours[:, turn]
    return found


def softmax_weights(score: Tensor, temperature: float) -> Tensor:
    """Return N * softmax(score / temperature) over the sampled voxels, detached.

    Args:
        score: importance of each sampled voxel, of shape (N,) or (B, N), each row for itself.
        temperature: below 1 it sharpens the difference, above it evens it out.

    Returns:
        weights of the same shape that average 1.
    """
    return score.shape[-1] * (score.detach().float() / temperature).softmax(dim=-1)


def graph_distance(teacher: Tensor, student: Tensor, weights: Tensor) -> Tensor:
    """Return mean(w_i * (T_i - S_i)^2), a scalar.

    Args:
        teacher: graphs of shape (N, C') or (N, C', K).
        student: graphs of the same shape.
        weights: weight of each graph, of shape (N,).
    """
    squares = (teacher - student).square()
    return (weights.view(-1, *[1] * (squares.ndim - 1)) * squares).mean()
