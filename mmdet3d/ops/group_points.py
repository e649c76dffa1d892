"""Features of chosen points and of groups of points, on any device, differentiable.

torch's own gather is as fast as one in numba, so it is the only backend.
"""

import torch

from mmdet3d.ops.checks import require_floats, require_indices, require_shape


def gather_points(features: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """Take the features of chosen points.

    Args:
        features: of shape (B, C, N), one column per point.
        indices: int32 or int64 of shape (B, M), in [0, N).

    Returns:
        of shape (B, C, M), of the dtype of ``features``; gradients flow to them.

    Raises:
        TypeError: if ``features`` is not a floating-point tensor or ``indices`` not one of indices.
        ValueError: if one has another shape or they are on different devices.
        RuntimeError: by torch, if an index is out of bounds.
    """
    require_floats(features=features)
    require_shape('features', features, ('B', 'C', 'N'))
    require_indices('indices', indices, features.device)
    require_shape('indices', indices, (features.shape[0], 'M'))
    return _gather(features, indices)


def group_points(features: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """Take the features of groups of points.

    Args:
        features: of shape (B, C, N), one column per point.
        indices: int32 or int64 of shape (B, M, S), in [0, N): the points of each group.

    Returns:
        of shape (B, C, M, S), of the dtype of ``features``; gradients flow to them.

    Raises:
        TypeError: if ``features`` is not a floating-point tensor or ``indices`` not one of indices.
        ValueError: if one has another shape or they are on different devices.
        RuntimeError: by torch, if an index is out of bounds.
    """
    require_floats(features=features)
    require_shape('features', features, ('B', 'C', 'N'))
    require_indices('indices', indices, features.device)
    require_shape('indices', indices, (features.shape[0], 'M', 'S'))
    return _gather(features, indices.flatten(1)).unflatten(2, indices.shape[1:])


def _gather(features: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    return features.gather(2, indices.long()[:, None].expand(-1, features.shape[1], -1))
