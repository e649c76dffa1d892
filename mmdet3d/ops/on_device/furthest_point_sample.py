"""Furthest point sampling in torch, for devices numba does not reach."""

import torch


def furthest_point_sample(points: torch.Tensor, num_points: int) -> torch.Tensor:
    """Choose points one by one, each the furthest from those chosen before.

    Args:
        points: float32 of shape (B, N, 3), N not below ``num_points``.
        num_points: how many points to choose.

    Returns:
        int64 of shape (B, num_points), indices.
    """
    columns = points.permute(2, 0, 1).contiguous()
    chosen = torch.zeros((len(points), num_points), dtype=torch.long, device=points.device)
    # Not finite: so is a coordinate, and the distance would never shrink.
    nearest = _squared_distances(columns, chosen[:, :1]).nan_to_num(nan=0, posinf=0)
    for step in range(1, num_points):
        furthest = nearest.argmax(dim=1, keepdim=True)
        chosen[:, step : step + 1] = furthest
        torch.fmin(nearest, _squared_distances(columns, furthest), out=nearest)
    return chosen


def _squared_distances(columns: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    offset = columns - columns.gather(2, index.expand(3, -1, -1))
    x, y, z = (offset * offset).unbind(0)
    # Added one by one, as the other backend does: a sum may choose another order.
    return x + y + z
