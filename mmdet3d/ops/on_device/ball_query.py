"""Which points lie around each centre, in torch, for devices numba does not reach."""

import torch

from mmdet3d.ops.first_indices import first_indices

# Pairs of a point and a centre compared at once: about 200 megabytes of intermediates.
_PAIRS_PER_CHUNK = 2**22


def ball_query(
    low: float, high: float, num_samples: int, points: torch.Tensor, centres: torch.Tensor
) -> torch.Tensor:
    """Find the first points of each cloud that lie in a shell around each centre.

    Same arguments and results as ``on_cpu.ball_query.ball_query``, as tensors.
    """
    rows = max(1, _PAIRS_PER_CHUNK // max(1, points.shape[0] * points.shape[1]))
    parts = [_query(low, high, num_samples, points, part) for part in centres.split(rows, dim=1)]
    return torch.cat(parts, dim=1)


def _query(
    low: float, high: float, num_samples: int, points: torch.Tensor, centres: torch.Tensor
) -> torch.Tensor:
    squared = squared_distances(centres, points)
    in_shell = ((squared >= low) & (squared < high)) | (squared == 0)
    return fill_up(*first_indices(in_shell, num_samples))


def fill_up(index: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """Repeat the first index of each list, of shape (..., S), behind the ``count`` listed ones."""
    listed = torch.arange(index.shape[-1], device=index.device) < count[..., None]
    return torch.where(listed, index, index[..., :1])


def squared_distances(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Compute (B, M, N) squared distances of (B, M, 3) and (B, N, 3) points, added x, y, z."""
    squared = (a[:, :, None, 0] - b[:, None, :, 0]).square_()
    squared += (a[:, :, None, 1] - b[:, None, :, 1]).square_()
    squared += (a[:, :, None, 2] - b[:, None, :, 2]).square_()
    return squared
