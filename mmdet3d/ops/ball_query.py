"""Which points lie around each centre, on any device."""

import numpy as np
import torch

from mmdet3d.on_cpu import ball_query as on_cpu
from mmdet3d.ops.checks import require_at_least, require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import ball_query as on_device

_ball_query = by_device(on_cpu.ball_query, on_device.ball_query, 'ball_query')


@torch.no_grad()
def ball_query(
    min_radius: float,
    max_radius: float,
    num_samples: int,
    points: torch.Tensor,
    centres: torch.Tensor,
) -> torch.Tensor:
    """Find the first points of each cloud that lie in a shell around each centre.

    A point is in the shell if its distance is zero or in [min_radius, max_radius). Squares of
    distances and radii are compared in float32.

    Args:
        min_radius: metres.
        max_radius: metres.
        num_samples: how many points are listed for a centre.
        points: of shape (B, N, 3), x, y, z in metres.
        centres: of shape (B, M, 3), x, y, z in metres.

    Returns:
        int64 of shape (B, M, num_samples), indices of points in ascending order, filled up with the
        first of them; zeros for a centre without points.

    Raises:
        TypeError: if a tensor is not a floating-point one.
        ValueError: if one has another shape, they are on different devices, there are centres but
            no points, the radii are not 0 <= min_radius < max_radius or ``num_samples`` is below 1.
    """
    require_floats(points=points, centres=centres)
    require_shape('points', points, ('B', 'N', 3))
    require_shape('centres', centres, (points.shape[0], 'M', 3))
    require_at_least('num_samples', 1, num_samples)
    if not 0 <= min_radius < max_radius:
        raise ValueError(
            f'radii must be 0 <= min_radius < max_radius, got {min_radius} and {max_radius}'
        )
    if points.shape[1] == 0 and centres.numel() > 0:
        raise ValueError(f'no points to find around centres of shape {tuple(centres.shape)}')
    low, high = (np.square(np.float32(radius)) for radius in (min_radius, max_radius))
    points, centres = points.detach().float(), centres.detach().float()
    return _ball_query(low, high, num_samples, points, centres)
