"""A subset of each cloud that covers it evenly, on any device."""

import torch

from mmdet3d.on_cpu import furthest_point_sample as on_cpu
from mmdet3d.ops.checks import require_at_least, require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import furthest_point_sample as on_device

_choose = by_device(
    on_cpu.furthest_point_sample, on_device.furthest_point_sample, 'furthest_point_sample'
)


@torch.no_grad()
def furthest_point_sample(points: torch.Tensor, num_points: int) -> torch.Tensor:
    """Choose points one by one, each the furthest from those chosen before.

    The first point of each cloud is chosen first. Among points equally far the first is chosen, so
    a cloud with too few distinct points ends with repetitions of its first. Distances are compared
    in float32. A point with a coordinate that is not finite is not chosen, unless it is the first.
    As in PointNet++ (https://arxiv.org/abs/1706.02413).

    Args:
        points: of shape (B, N, 3), x, y, z in metres.
        num_points: how many points to choose, at most N.

    Returns:
        int64 of shape (B, num_points), indices.

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
    return _choose(points.detach().float(), num_points)
