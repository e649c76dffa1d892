"""Overlaps of boxes given as rows, for the assigners."""

from __future__ import annotations

import torch
from mmdet.core.bbox.iou_calculators import bbox_overlaps
from mmdet.core.bbox.iou_calculators.builder import IOU_CALCULATORS

from mmdet3d.core.bbox.structures import BaseInstance3DBoxes, get_box_type
from mmdet3d.core.bbox.structures.box_rows import FURTHEST


def bbox_overlaps_nearest_3d(
    bboxes1: torch.Tensor,
    bboxes2: torch.Tensor,
    mode: str = 'iou',
    is_aligned: bool = False,
    coordinate: str = 'lidar',
) -> torch.Tensor:
    """Compute overlaps in the bird's eye view, every yaw rounded to a multiple of 90 degrees.

    This is how SECOND (Yan et al. 2018) matches anchors.

    Args:
        bboxes1: boxes of shape (N, D), D at least 7.
        bboxes2: boxes of shape (M, D).
        mode: 'iou', or 'iof': intersection over the area of ``bboxes1``.
        is_aligned: compare row by row, with N equal to M.
        coordinate: frame of the boxes, 'lidar' or 'camera'.

    Returns:
        of shape (N, M), or (N,) if aligned; in [0, 1], and 0 where a box is not finite or not
        positive in size.

    Raises:
        ValueError: for an unknown mode or frame, or boxes whose columns do not agree.
    """
    first, second = _as_boxes(bboxes1, bboxes2, mode, coordinate)
    boxes = _rectangles(first), _rectangles(second)
    return bbox_overlaps(*boxes, mode=mode, is_aligned=is_aligned)


def _rectangles(boxes: BaseInstance3DBoxes) -> torch.Tensor:
    """Give the upright rectangles of sound boxes, and some without extent for others; (N, 4)."""
    rectangles = boxes.nearest_bev.clamp_(-FURTHEST, FURTHEST)
    return rectangles.index_fill_(0, (~boxes.is_sound).nonzero().squeeze(1), 0)


def bbox_overlaps_3d(
    bboxes1: torch.Tensor, bboxes2: torch.Tensor, mode: str = 'iou', coordinate: str = 'camera'
) -> torch.Tensor:
    """Compute overlaps of the volumes of rotated boxes.

    Args:
        bboxes1: boxes of shape (N, D), D at least 7.
        bboxes2: boxes of shape (M, D).
        mode: 'iou', or 'iof': intersection over the volume of ``bboxes1``.
        coordinate: frame of the boxes, 'lidar' or 'camera'.

    Returns:
        of shape (N, M); in [0, 1], and 0 where a box is not finite or not positive in size.

    Raises:
        ValueError: for an unknown mode or frame, or boxes whose columns do not agree.
    """
    first, second = _as_boxes(bboxes1, bboxes2, mode, coordinate)
    return first.overlaps(first, second, mode=mode)


def _as_boxes(
    bboxes1: torch.Tensor, bboxes2: torch.Tensor, mode: str, coordinate: str
) -> tuple[BaseInstance3DBoxes, BaseInstance3DBoxes]:
    if mode not in ('iou', 'iof'):
        raise ValueError(f"mode must be 'iou' or 'iof', got {mode!r}")
    width = bboxes1.shape[-1]
    if width != bboxes2.shape[-1] or width < 7:
        raise ValueError(
            'both sets of boxes need the same number of columns, at least 7, got shapes '
            f'{tuple(bboxes1.shape)} and {tuple(bboxes2.shape)}'
        )
    box_type, _ = get_box_type(coordinate)
    return box_type(bboxes1, box_dim=width), box_type(bboxes2, box_dim=width)


class _Calculator:
    """Holds the frame, and checks it at construction."""

    def __init__(self, coordinate: str) -> None:
        get_box_type(coordinate)
        self.coordinate = coordinate

    def __repr__(self) -> str:
        return f'{type(self).__name__}(coordinate={self.coordinate!r})'


@IOU_CALCULATORS.register_module()
class BboxOverlapsNearest3D(_Calculator):
    """Overlaps in the bird's eye view at the nearest right angle, for ``MaxIoUAssigner``.

    Args:
        coordinate: frame of the boxes, 'lidar' or 'camera'.

    Raises:
        ValueError: for any other frame.
    """

    def __init__(self, coordinate: str = 'lidar') -> None:
        super().__init__(coordinate)

    def __call__(
        self,
        bboxes1: torch.Tensor,
        bboxes2: torch.Tensor,
        mode: str = 'iou',
        is_aligned: bool = False,
    ) -> torch.Tensor:
        """Compute overlaps: see ``bbox_overlaps_nearest_3d``."""
        return bbox_overlaps_nearest_3d(bboxes1, bboxes2, mode, is_aligned, self.coordinate)


@IOU_CALCULATORS.register_module()
class BboxOverlaps3D(_Calculator):
    """Overlaps of the volumes of rotated boxes, for ``MaxIoUAssigner``.

    Args:
        coordinate: frame of the boxes, 'lidar' or 'camera'.

    Raises:
        ValueError: for any other frame.
    """

    def __call__(
        self, bboxes1: torch.Tensor, bboxes2: torch.Tensor, mode: str = 'iou'
    ) -> torch.Tensor:
        """Compute overlaps: see ``bbox_overlaps_3d``."""
        return bbox_overlaps_3d(bboxes1, bboxes2, mode, self.coordinate)
