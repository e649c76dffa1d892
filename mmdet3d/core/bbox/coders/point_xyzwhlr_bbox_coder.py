"""Boxes as offsets from the points that predict them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmdet.core.bbox import BaseBBoxCoder
from mmdet.core.bbox.builder import BBOX_CODERS

from mmdet3d.core.bbox.coders.limits import limited, limited_sizes

# Below this a dimension, in metres, has no useful logarithm.
_SMALLEST = 1e-5


@BBOX_CODERS.register_module()
class PointXYZWHLRBBoxCoder(BaseBBoxCoder):
    """Offset of a box's middle from a point, logarithms of its dimensions, cosine and sine of yaw.

    The bin-free coding that mmdetection3d and OpenPCDet give PointRCNN (Shi et al., CVPR 2019).
    Boxes here are (x, y, z, dx, dy, dz, yaw, ...) with z at the middle of the height.

    Args:
        code_size: number of columns of a code, one more than a box has.
        use_mean_size: measure offsets and dimensions in units of the class's mean size: the
            horizontal offset in diagonals of its base, the vertical one in its height. Else in
            metres.
        mean_size: (dx, dy, dz) of each class in metres.

    Raises:
        ValueError: if ``use_mean_size`` is asked for without positive ``mean_size`` rows.
    """

    def __init__(
        self,
        code_size: int = 8,
        use_mean_size: bool = True,
        mean_size: Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        self.code_size = code_size
        self.use_mean_size = use_mean_size
        if use_mean_size:
            self.mean_size = _checked_sizes(mean_size)

    def encode(
        self,
        gt_bboxes_3d: torch.Tensor,
        points: torch.Tensor,
        gt_labels_3d: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Express boxes relative to points.

        Args:
            gt_bboxes_3d: boxes of shape (N, D), one for each point; metres and radians.
            points: positions of shape (N, 3) in metres.
            gt_labels_3d: classes of the boxes, of shape (N,), needed with ``use_mean_size``.

        Returns:
            codes of shape (N, D + 1).

        Raises:
            ValueError: if the labels are missing or name a class without a mean size.
        """
        units, sizes = self._units(points, gt_labels_3d)
        offsets = (gt_bboxes_3d[:, :3] - points) / units
        dims = torch.log(gt_bboxes_3d[:, 3:6].clamp(min=_SMALLEST) / sizes)
        yaw = gt_bboxes_3d[:, 6:7]
        return torch.cat([offsets, dims, yaw.cos(), yaw.sin(), gt_bboxes_3d[:, 7:]], dim=1)

    def decode(
        self,
        box_encodings: torch.Tensor,
        points: torch.Tensor,
        pred_labels_3d: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Turn codes into boxes, the inverse of ``encode``; the yaw comes out in [-pi, pi].

        Of finite codes the boxes are finite: see :mod:`mmdet3d.core.bbox.coders.limits`.

        Args:
            box_encodings: codes of shape (N, D + 1).
            points: positions of shape (N, 3) in metres.
            pred_labels_3d: classes of shape (N,), needed with ``use_mean_size``.

        Returns:
            boxes of shape (N, D).

        Raises:
            ValueError: if the labels are missing or name a class without a mean size.
        """
        units, sizes = self._units(points, pred_labels_3d)
        middle = limited(box_encodings[:, :3] * units + points)
        dims = limited_sizes(box_encodings[:, 3:6].exp() * sizes)
        yaw = torch.atan2(box_encodings[:, 7:8], box_encodings[:, 6:7])
        return torch.cat([middle, dims, yaw, box_encodings[:, 8:]], dim=1)

    def _units(
        self, points: torch.Tensor, labels: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The lengths that offsets and dimensions are measured in, (N, 3) each."""
        if not self.use_mean_size:
            return torch.ones_like(points), torch.ones_like(points)
        if labels is None or len(labels) != len(points):
            given = 'none' if labels is None else len(labels)
            raise ValueError(
                f'with use_mean_size every one of the {len(points)} points needs a label, got '
                f'{given}'
            )
        classes = len(self.mean_size)
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise ValueError(
                f'labels lie in {int(labels.min())}..{int(labels.max())}, but mean_size has rows '
                f'for 0..{classes - 1}'
            )
        sizes = self.mean_size.to(points)[labels]
        diagonal = sizes[:, :2].norm(dim=1, keepdim=True)
        return torch.cat([diagonal, diagonal, sizes[:, 2:]], dim=1), sizes


def _checked_sizes(mean_size: Sequence[Sequence[float]] | None) -> torch.Tensor:
    sizes = torch.tensor([] if mean_size is None else mean_size, dtype=torch.float32)
    if sizes.dim() != 2 or sizes.shape[1] != 3 or not (sizes > 0).all():
        raise ValueError(
            f'use_mean_size needs a positive (dx, dy, dz) for each class, got mean_size={mean_size}'
        )
    return sizes
