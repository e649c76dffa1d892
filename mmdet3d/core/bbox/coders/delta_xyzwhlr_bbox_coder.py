"""Boxes as offsets from anchors."""

from __future__ import annotations

import torch
from mmdet.core.bbox import BaseBBoxCoder
from mmdet.core.bbox.builder import BBOX_CODERS

from mmdet3d.core.bbox.coders.limits import limited, limited_sizes


@BBOX_CODERS.register_module()
class DeltaXYZWLHRBBoxCoder(BaseBBoxCoder):
    """Offsets of a box from its anchor, as in VoxelNet (Zhou and Tuzel 2018) and SECOND.

    With d the diagonal of the anchor's base and z taken at the middle of the height:
    dx / d, dy / d, dz / anchor height, the logarithms of the ratios of the dimensions, and the
    differences of the yaw and of any further columns.

    Args:
        code_size: number of columns of a box.
    """

    def __init__(self, code_size: int = 7) -> None:
        super().__init__()
        self.code_size = code_size

    @staticmethod
    def encode(src_boxes: torch.Tensor, dst_boxes: torch.Tensor) -> torch.Tensor:
        """Express boxes as offsets.

        Args:
            src_boxes: anchors of shape (..., D), D at least 7, z at the bottom; metres and radians.
            dst_boxes: boxes of shape (..., D).

        Returns:
            offsets of shape (..., D).

        Raises:
            ValueError: if the numbers of columns differ or are below 7.
        """
        _check_columns(src_boxes, dst_boxes)
        offset = _middle(dst_boxes) - _middle(src_boxes)
        sizes = torch.log(dst_boxes[..., 3:6] / src_boxes[..., 3:6])
        rest = dst_boxes[..., 6:] - src_boxes[..., 6:]
        return torch.cat([offset / _units(src_boxes), sizes, rest], dim=-1)

    @staticmethod
    def decode(anchors: torch.Tensor, deltas: torch.Tensor) -> torch.Tensor:
        """Turn offsets into boxes, the inverse of ``encode``.

        Of finite offsets the boxes are finite: see :mod:`mmdet3d.core.bbox.coders.limits`.

        Args:
            anchors: of shape (..., D), D at least 7, z at the bottom; metres and radians.
            deltas: offsets of shape (..., D).

        Returns:
            boxes of shape (..., D).

        Raises:
            ValueError: if the numbers of columns differ or are below 7.
        """
        _check_columns(anchors, deltas)
        middle = limited(_middle(anchors) + deltas[..., :3] * _units(anchors))
        sizes = limited_sizes(anchors[..., 3:6] * torch.exp(deltas[..., 3:6]))
        bottom = limited(middle[..., 2:3] - sizes[..., 2:3] / 2)
        rest = limited(anchors[..., 6:] + deltas[..., 6:])
        return torch.cat([middle[..., :2], bottom, sizes, rest], dim=-1)


def _middle(boxes: torch.Tensor) -> torch.Tensor:
    return torch.cat([boxes[..., :2], boxes[..., 2:3] + boxes[..., 5:6] / 2], dim=-1)


def _units(anchors: torch.Tensor) -> torch.Tensor:
    """The length that each coordinate of an offset is measured in."""
    diagonal = torch.sqrt(anchors[..., 3:4] ** 2 + anchors[..., 4:5] ** 2)
    return torch.cat([diagonal, diagonal, anchors[..., 5:6]], dim=-1)


def _check_columns(first: torch.Tensor, second: torch.Tensor) -> None:
    if first.shape[-1] != second.shape[-1] or first.shape[-1] < 7:
        raise ValueError(
            'anchors and boxes need the same number of columns, at least 7, got shapes '
            f'{tuple(first.shape)} and {tuple(second.shape)}'
        )
