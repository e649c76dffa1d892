"""Which points lie in which boxes, in torch, for devices numba does not reach."""

import torch

# Pairs of a point and a box compared at once: about 100 megabytes of float64 intermediates.
_PAIRS_PER_CHUNK = 2**21


def batched_points_in_boxes(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Tell which points lie in which boxes of the same cloud.

    A point that is not finite is in no box; a box that is not finite, or not positive in size,
    holds nothing.

    Args:
        points: float64 of shape (B, M, 3) in metres.
        boxes: float64 of shape (B, T, 7): x, y, z of the bottom centre, sizes along the box's x, y,
            z (metres), yaw (radians, counter-clockwise).

    Returns:
        bool of shape (B, M, T).
    """
    rows = max(1, _PAIRS_PER_CHUNK // max(1, boxes.shape[0] * boxes.shape[1]))
    return torch.cat([_inside(part, boxes) for part in points.split(rows, dim=1)], dim=1)


def _inside(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    x, y, z = points[:, :, None].unbind(-1)
    cx, cy, bottom, length, width, height, yaw = boxes[:, None].unbind(-1)
    dx, dy = x - cx, y - cy
    cos, sin = yaw.cos(), yaw.sin()
    sound = boxes.isfinite().all(dim=2) & (boxes[..., 3:6] > 0).all(dim=2)
    return (
        sound[:, None]
        & ((z - (bottom + height / 2)).abs() <= height / 2)
        & ((dx * cos + dy * sin).abs() < length / 2)
        & ((dy * cos - dx * sin).abs() < width / 2)
    )
