"""A subset of each cloud that covers it evenly, on any device."""

import torch

from mmdet3d.ops import furthest_point_sample_cpu, furthest_point_sample_torch
from mmdet3d.ops.checks import require_at_least, require_floats, require_shape


@torch.no_grad()
def furthest_point_sample(points: torch.Tensor, num_points: int) -> torch.Tensor:
    """Choose points one by one, each the furthest from those chosen before.

    Starts from the first point of each cloud; among points equally far the first is chosen, so that
    a cloud with fewer distinct points than asked for ends with repetitions of its first. Distances
    are compared in float32. A point with a coordinate that is not finite is not chosen, unless it
    is the first. As in PointNet++ (https://arxiv.org/abs/1706.02413).

    Args:
        points: (B, N, 3) x, y, z, metres.
        num_points: how many points to choose, at most N.

    Returns:
        (B, num_points) int64 indices.

    Raises:
        TypeError: if ``points`` is not a floating-point tensor.
        ValueError: if it has another shape or too few points, or ``num_points`` is below 1.
    """
    require_floats(points=points)
    require_shape('points', points, ('B', 'N', 3))
    require_at_least('num_points', 1, num_points)
    if points.shape[1] < num_points:
        raise ValueError(
            f'cannot choose num_points={num_points} of {points.shape[1]} points: '
            'sample the cloud up to that number with replacement first'
        )
    points = points.detach().float()
    if points.device.type != 'cpu':
        return furthest_point_sample_torch.furthest_point_sample(points, num_points)
    chosen = furthest_point_sample_cpu.furthest_point_sample(points.numpy(), num_points)
    return torch.from_numpy(chosen)
