"""Overlaps of rotated boxes seen from above, on any device."""

import torch

from mmdet3d.on_cpu import rotated_iou as on_cpu
from mmdet3d.ops.checks import require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import rotated_iou as on_device

_overlaps = by_device(on_cpu.rotated_overlaps, on_device.rotated_overlaps, 'rotated_iou')
_iou = by_device(on_cpu.rotated_iou, on_device.rotated_iou, 'rotated_iou')


@torch.no_grad()
def boxes_overlap_bev(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection area of every pair of rotated boxes.

    Computed in float64; no gradient flows to the boxes.

    Args:
        boxes_a: of shape (N, 5), centre x, centre y, size along the box's x, along its y (metres),
            yaw (radians, counter-clockwise).
        boxes_b: of shape (M, 5), the same.

    Returns:
        of shape (N, M), areas in square metres, of the dtype of ``boxes_a``; infinite where that
        cannot hold them. A box that is not finite, or not positive in size, overlaps nothing.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if one has another shape or they are on different devices.
    """
    _check_boxes(boxes_a, boxes_b)
    return _overlaps(boxes_a.detach().double(), boxes_b.detach().double()).to(boxes_a.dtype)


@torch.no_grad()
def boxes_iou_bev(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> torch.Tensor:
    """Compute the intersection over union of every pair of rotated boxes.

    Computed in float64; no gradient flows to the boxes.

    Args:
        boxes_a: of shape (N, 5), as for ``boxes_overlap_bev``.
        boxes_b: of shape (M, 5), the same.

    Returns:
        of shape (N, M), in [0, 1], of the dtype of ``boxes_a``; 1 for coincident boxes, 0 where
        a box is not finite or not positive in size.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if one has another shape or they are on different devices.
    """
    _check_boxes(boxes_a, boxes_b)
    return _iou(boxes_a.detach().double(), boxes_b.detach().double()).to(boxes_a.dtype)


def _check_boxes(boxes_a: torch.Tensor, boxes_b: torch.Tensor) -> None:
    require_floats(boxes_a=boxes_a, boxes_b=boxes_b)
    require_shape('boxes_a', boxes_a, ('N', 5))
    require_shape('boxes_b', boxes_b, ('M', 5))
