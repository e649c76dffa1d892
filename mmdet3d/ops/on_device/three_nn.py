"""The three nearest neighbours of each point, in torch, for devices numba does not reach."""

import torch

from mmdet3d.ops.on_device.ball_query import squared_distances

# Pairs of a target and a source compared at once: about 50 megabytes of intermediates.
_PAIRS_PER_CHUNK = 2**22


def three_nearest(
    targets: torch.Tensor, sources: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the three sources nearest to each target.

    Same arguments and results as ``on_cpu.three_nn.three_nearest``, as tensors.
    """
    rows = max(1, _PAIRS_PER_CHUNK // max(1, sources.shape[0] * sources.shape[1]))
    parts = [_search(part, sources) for part in targets.split(rows, dim=1)]
    squared, index = zip(*parts)
    return torch.cat(squared, dim=1), torch.cat(index, dim=1)


def _search(targets: torch.Tensor, sources: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    if targets.numel() == 0:
        return targets.clone(), targets.long()
    squared = squared_distances(targets, sources).nan_to_num_(nan=torch.inf, posinf=torch.inf)
    nearest, index = [], []
    # Three searches for the smallest: unlike a top-k they promise the first of equal ones.
    # Where only infinite ones are left that is index 0.
    for _ in range(3):
        smallest, place = squared.min(dim=2, keepdim=True)
        nearest.append(smallest)
        index.append(place)
        squared.scatter_(2, place, torch.inf)
    return torch.cat(nearest, dim=2), torch.cat(index, dim=2)
