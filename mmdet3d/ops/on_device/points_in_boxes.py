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
    frames = box_frames(boxes)
    return torch.cat([_inside(part, frames) for part in points.split(rows, dim=1)], dim=1)


def box_frames(boxes: torch.Tensor) -> torch.Tensor:
    """Compute once per box what every point needs.

    Same argument and result as ``on_cpu.points_in_boxes.box_frames``, as tensors.
    """
    sound = boxes.isfinite().all(dim=2) & (boxes[..., 3:6] > 0).all(dim=2)
    half = torch.where(sound[..., None], boxes[..., 3:6] / 2, torch.nan)
    middle = boxes[..., 2:3] + half[..., 2:]
    yaw = boxes[..., 6:]
    return torch.cat([boxes[..., :2], middle, half, yaw.cos(), yaw.sin()], dim=2)


def _inside(points: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    x, y, z = points[:, :, None].unbind(-1)
    cx, cy, cz, half_length, half_width, half_height, cos, sin = frames[:, None].unbind(-1)
    dx, dy = x - cx, y - cy
    # Whatever is compared with NaN is False.
    return (
        ((z - cz).abs() <= half_height)
        & ((dx * cos + dy * sin).abs() < half_length)
        & ((dy * cos - dx * sin).abs() < half_width)
    )
