"""3D boxes that turn about the vertical: how they move, overlap and hold points."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import torch

from mmdet3d.core.bbox.structures.box_rows import BoxRows
from mmdet3d.core.geometry.rotations import as_rotation_matrix, limit_period
from mmdet3d.core.points.base_points import BasePoints
from mmdet3d.ops import boxes_overlap_bev, points_in_boxes_all, points_in_boxes_part


class BaseInstance3DBoxes(BoxRows):
    """N boxes (x, y, z, three dimensions, yaw, ...), positioned by the centre of the bottom face.

    The convention is mmdetection3d v1.0's. Columns after the yaw are kept along; if there are
    exactly two, they are the velocity in the bird's eye view, in metres per second, which turns
    and flips with the box.

    Args:
        tensor: of shape (N, box_dim), in metres and radians. It is copied. With ``box_dim`` 6 the
            boxes have no yaw, and a column of zeros is appended.
        box_dim: number of columns, at least 6.
        with_yaw: whether flips and conversions change the yaw.
        origin: the point of the box that ``tensor`` positions, in units of the dimensions.

    Attributes:
        tensor: float32 of shape (N, box_dim); z (camera: y) is at the bottom.
        box_dim: number of columns, at least 7.
        with_yaw: as given; False if there was no yaw.

    Raises:
        ValueError: if the shape does not fit ``box_dim``, ``box_dim`` is below 6, or ``origin``
            is not three numbers.
    """

    # Which axis of the bird's eye view changes sign in a flip.
    FLIPPED_AXIS: ClassVar[dict[str, int]] = {'horizontal': 1, 'vertical': 0}

    def rotate(self, angle: Any, points: Any = None) -> tuple[Any, Any] | None:
        """Rotate the boxes in place about the vertical axis of the frame.

        Args:
            angle: one angle in radians, or a (3, 3) matrix applied as ``rows @ matrix``.
            points: tensor, array (M, 3 or more) or points object, rotated in place alike.

        Returns:
            with points: the points, and the matrix of shape (3, 3) for row vectors (an array if
            the points are one).

        Raises:
            ValueError: if ``angle`` is neither.
            TypeError: if the points are none of these.
        """
        rotation = torch.as_tensor(angle, dtype=self.tensor.dtype, device=self.device)
        matrix = as_rotation_matrix(rotation, self.YAW_AXIS, self.tensor)
        plane = matrix[list(self.BEV_AXES)][:, list(self.BEV_AXES)]
        if rotation.numel() == 1:
            turn = rotation.reshape(())
        else:
            turn = self.UP * torch.atan2(plane[0, 1], plane[0, 0])
        self.tensor[:, :3] = self.tensor[:, :3] @ matrix
        self.tensor[:, 6] += turn
        if self.box_dim == 9:
            self.tensor[:, 7:9] = self.tensor[:, 7:9] @ plane
        return None if points is None else _rotate_points(points, matrix)

    def flip(self, bev_direction: str = 'horizontal', points: Any = None) -> Any:
        """Mirror the boxes in place.

        Args:
            bev_direction: 'horizontal' swaps left and right, 'vertical' front and back.
            points: tensor, array (M, 3 or more) or points object, mirrored in place alike.

        Returns:
            the points, if given.

        Raises:
            ValueError: if the direction is neither.
            TypeError: if the points are none of these.
        """
        if bev_direction not in self.FLIPPED_AXIS:
            raise ValueError(
                f"bev_direction must be 'horizontal' or 'vertical', got {bev_direction!r}"
            )
        index = self.FLIPPED_AXIS[bev_direction]
        axis = self.BEV_AXES[index]
        self.tensor[:, axis] *= -1
        if self.with_yaw:
            # Mirroring the axis of zero yaw turns yaw into pi - yaw, mirroring the other negates.
            self.tensor[:, 6] = (np.pi if index == 0 else 0) - self.tensor[:, 6]
        if self.box_dim == 9:
            self.tensor[:, 7 + index] *= -1
        return None if points is None else _flip_points(points, bev_direction, axis)

    def scale(self, scale_factor: float) -> None:
        """Scale positions, dimensions and velocities in place."""
        self.tensor[:, :6] *= scale_factor
        self.tensor[:, 7:] *= scale_factor

    def limit_yaw(self, offset: float = 0.5, period: float = np.pi) -> None:
        """Wrap the yaw in place into [-offset * period, (1 - offset) * period)."""
        self.tensor[:, 6] = limit_period(self.yaw, offset, period)

    def nonempty(self, threshold: float = 0.0) -> torch.Tensor:
        """Tell which boxes exceed a threshold in all three dimensions.

        Args:
            threshold: metres.

        Returns:
            bool of shape (N,).
        """
        return (self.dims > threshold).all(dim=1)

    def enlarged_box(self, extra_width: float) -> Self:
        """Copy the boxes, each face moved outwards by ``extra_width`` metres."""
        rows = self.tensor.clone()
        rows[:, 3:6] += 2 * extra_width
        rows[:, self.YAW_AXIS] -= self.UP * extra_width
        return self.like(rows)

    @classmethod
    def height_overlaps(cls, boxes1: Self, boxes2: Self, mode: str = 'iou') -> torch.Tensor:
        """Measure how far the boxes of each pair overlap along the vertical.

        Args:
            boxes1: N boxes.
            boxes2: M boxes of the same class.
            mode: no effect here; the argument is mmdetection3d's.

        Returns:
            of shape (N, M) in metres.

        Raises:
            TypeError: if the two are not boxes of one class.
        """
        cls._check_same_class(boxes1, boxes2)
        # Measured upwards, whichever way the axis points.
        tops = cls.UP * boxes1.top_height[:, None], cls.UP * boxes2.top_height[None]
        bottoms = cls.UP * boxes1.bottom_height[:, None], cls.UP * boxes2.bottom_height[None]
        return (torch.minimum(*tops) - torch.maximum(*bottoms)).clamp(min=0)

    @classmethod
    def overlaps(cls, boxes1: Self, boxes2: Self, mode: str = 'iou') -> torch.Tensor:
        """Compute the overlaps of rotated boxes.

        Args:
            boxes1: N boxes.
            boxes2: M boxes of the same class.
            mode: 'iou', or 'iof': intersection over the volume of ``boxes1``.

        Returns:
            of shape (N, M), in [0, 1]; 0 where a box is not finite or not positive in size.

        Raises:
            TypeError: if the two are not boxes of one class.
            ValueError: if the mode is neither.
        """
        if mode not in ('iou', 'iof'):
            raise ValueError(f"mode must be 'iou' or 'iof', got {mode!r}")
        cls._check_same_class(boxes1, boxes2)
        boxes1, boxes2 = boxes1.measured(), boxes2.measured()
        heights = cls.height_overlaps(boxes1, boxes2)
        if heights.numel() == 0:
            return heights
        intersection = boxes_overlap_bev(boxes1.bev, boxes2.bev) * heights
        total = boxes1.volume[:, None]
        if mode == 'iou':
            total = total + boxes2.volume[None] - intersection
        return intersection.div_(total.clamp_(min=1e-8)).clamp_(max=1)

    @classmethod
    def _check_same_class(cls, boxes1: Any, boxes2: Any) -> None:
        if not isinstance(boxes1, cls) or type(boxes1) is not type(boxes2):
            raise TypeError(
                f'overlaps need two {cls.__name__} of one class, got {type(boxes1).__name__} '
                f'and {type(boxes2).__name__}'
            )

    def points_in_boxes_part(
        self, points: torch.Tensor, boxes_override: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Find the first box around each point.

        Args:
            points: of shape (M, 3 or more) or (1, M, 3 or more), in the frame of the boxes.
            boxes_override: rows of shape (N, 7) to use in place of these boxes.

        Returns:
            the index of the box, -1 for none, of shape (M,).
        """
        points, boxes = self._points_and_boxes(points, boxes_override)
        return points_in_boxes_part(points, boxes).squeeze(0)

    def points_in_boxes_all(
        self, points: torch.Tensor, boxes_override: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Find all boxes around each point.

        Args:
            points: of shape (M, 3 or more) or (1, M, 3 or more), in the frame of the boxes.
            boxes_override: rows of shape (N, 7) to use in place of these boxes.

        Returns:
            1 where the box holds the point, else 0, of shape (M, N).
        """
        points, boxes = self._points_and_boxes(points, boxes_override)
        return points_in_boxes_all(points, boxes).squeeze(0)

    def _points_and_boxes(
        self, points: torch.Tensor, boxes_override: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Bring points and boxes to the (1, M, 3) and (1, N, 7) of the operators."""
        rows = self.tensor if boxes_override is None else boxes_override
        batch = points if points.dim() == 3 else points[None]
        return batch[..., :3].contiguous(), rows[None, :, :7].to(points.device).contiguous()


def _rotate_points(points: Any, matrix: torch.Tensor) -> tuple[Any, Any]:
    _check_points(points)
    if isinstance(points, BasePoints):
        points.rotate(matrix)
    elif isinstance(points, np.ndarray):
        array = matrix.cpu().numpy()
        points[:, :3] = points[:, :3] @ array
        return points, array
    else:
        points[:, :3] = points[:, :3] @ matrix.to(points)
    return points, matrix


def _flip_points(points: Any, bev_direction: str, axis: int) -> Any:
    _check_points(points)
    if isinstance(points, BasePoints):
        points.flip(bev_direction)
    else:
        points[:, axis] *= -1
    return points


def _check_points(points: Any) -> None:
    if not isinstance(points, (BasePoints, torch.Tensor, np.ndarray)):
        raise TypeError(f'points must be a tensor, an array or points, got {type(points).__name__}')
