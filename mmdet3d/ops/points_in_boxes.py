"""Which points lie in which boxes, for batches on any device."""

import torch

from mmdet3d.on_cpu import points_in_boxes as on_cpu
from mmdet3d.ops.checks import require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import points_in_boxes as on_device

_inside = by_device(
    on_cpu.batched_points_in_boxes, on_device.batched_points_in_boxes, 'points_in_boxes'
)


@torch.no_grad()
def points_in_boxes_part(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Find the first box that holds each point.

    Points on the bottom or the top of a box are inside, points on its sides are not. A box without
    size, such as padding, holds nothing.

    Args:
        points: of shape (B, M, 3), x, y, z in metres.
        boxes: of shape (B, T, 7), x, y, z of the bottom centre, sizes along the box's x, y, z
            (metres), yaw (radians, counter-clockwise).

    Returns:
        int32 of shape (B, M), index of the box in its cloud, -1 where no box holds the point.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if one has another shape or they are on different devices.
    """
    inside = _points_in_boxes(points, boxes)
    none = inside.shape[2]
    if none == 0:
        return points.new_full(points.shape[:2], -1, dtype=torch.int32)
    index = torch.arange(none, device=inside.device, dtype=torch.int32)
    first = torch.where(inside, index, none).amin(dim=2)
    return first.masked_fill(first == none, -1)


@torch.no_grad()
def points_in_boxes_all(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Find all boxes that hold each point.

    Args:
        points: of shape (B, M, 3), as for ``points_in_boxes_part``.
        boxes: of shape (B, T, 7), the same.

    Returns:
        int32 of shape (B, M, T), 1 where the box holds the point.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if one has another shape or they are on different devices.
    """
    return _points_in_boxes(points, boxes).int()


def _points_in_boxes(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    require_floats(points=points, boxes=boxes)
    require_shape('points', points, ('B', 'M', 3))
    require_shape('boxes', boxes, (points.shape[0], 'T', 7))
    return _inside(points.detach().double(), boxes.detach().double())
