"""Features between points, from three neighbours each, on any device, differentiable."""

import torch

from mmdet3d.ops.checks import require_floats, require_indices, require_shape
from mmdet3d.ops.group_points import gather_points


def three_interpolate(
    features: torch.Tensor, indices: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Sum the weighted features of three neighbours.

    Args:
        features: of shape (B, C, M), one column per source.
        indices: int32 or int64 of shape (B, N, 3), in [0, M): the neighbours of each target.
        weights: of shape (B, N, 3), of each neighbour.

    Returns:
        of shape (B, C, N), of the dtype of ``features``; gradients flow to the features and the
        weights.

    Raises:
        TypeError: if a tensor is not a floating-point one or ``indices`` not one of indices.
        ValueError: if one has another shape or they are on different devices.
        RuntimeError: by torch, if an index is out of bounds.
    """
    require_floats(features=features, weights=weights)
    require_shape('features', features, ('B', 'C', 'M'))
    require_indices('indices', indices, features.device)
    require_shape('indices', indices, (features.shape[0], 'N', 3))
    require_shape('weights', weights, tuple(indices.shape))
    weights = weights.to(features.dtype)[:, None]
    # One neighbour after the other, so that (B, C, N, 3) is never in memory.
    first, second, third = (
        gather_points(features, indices[..., k]) * weights[..., k] for k in range(3)
    )
    return first + second + third
