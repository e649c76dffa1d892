"""The parts of a detector as they are exported: each takes and returns tensors alone."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from mmdet3d.export.anchors import AnchorGrid
from mmdet3d.export.encoder import PaddedEncoder
from mmdet3d.models.dense_heads import Anchor3DHead
from mmdet3d.models.dense_heads.prediction_rows import flat, top
from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.middle_encoders import PointPillarsScatter


class MapToPredictions(nn.Module):
    """Backbone, neck and head: from a map of the ground to what the head predicts.

    Args:
        detector: a ``VoxelNet``, whose parts are used.
        half: compute in float16, by copies of them.
    """

    def __init__(self, detector: Any, half: bool = False) -> None:
        super().__init__()
        parts: Any = detector.backbone, detector.neck, detector.bbox_head
        if half:
            parts = [part and deepcopy(part).half() for part in parts]
        self.backbone, self.neck, self.head = parts

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of :data:`PREDICTIONS`, level by level.

        Args:
            features: the map, of shape (1, C, ny, nx).
        """
        maps = self.backbone(features.to(next(self.parameters()).dtype))
        outputs: HeadOutputs = self.head(maps if self.neck is None else self.neck(maps))
        given = [each for each in outputs if each is not None and each[0] is not None]
        return tuple(each.float() for level in zip(*given) for each in level)


class Candidates(nn.Module):
    """From a head's predictions to the boxes that suppression chooses among.

    They are the anchors with the highest scores of each level, decoded: what
    :meth:`Anchor3DHead.get_bboxes` hands to the suppression.

    Args:
        head: the head.
        sizes: height and width of its map on each level.
    """

    def __init__(self, head: Anchor3DHead, sizes: list[tuple[int, int]]) -> None:
        super().__init__()
        self.head = head
        anchors = head.anchor_generator.grid_anchors(sizes)
        flat_anchors = (each.reshape(-1, head.box_code_size) for each in anchors)
        self.grids = nn.ModuleList(map(AnchorGrid, flat_anchors, sizes))

    def forward(self, *maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes (K, D), scores (K, classes) in 0..1 and directions (K,), 0 or 1.

        Boxes are (x, y, z of the bottom, length, width, height, yaw, ...) in metres and radians.
        The yaw is told up to half a turn, and the direction says which half.

        Args:
            *maps: as :class:`MapToPredictions` gives them.
        """
        step = 3 if self.head.use_direction_classifier else 2
        levels = [maps[i : i + step] for i in range(0, len(maps), step)]
        found = [self._level(grid, *level) for grid, level in zip(self.grids, levels)]
        boxes, scores, directions = map(torch.cat, zip(*found))
        return boxes, scores, directions

    def _level(
        self, grid: nn.Module, cls_score: Tensor, bbox_pred: Tensor, *dir_cls_pred: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        scores = flat(cls_score, self.head.num_classes).sigmoid()
        index = top(scores.amax(dim=1), self.head.test_cfg.get('nms_pre', -1))
        codes = flat(bbox_pred, self.head.box_code_size)[index]
        boxes = self.head.bbox_coder.decode(grid(index), codes)
        directions = torch.zeros_like(index)
        if dir_cls_pred:
            directions = flat(dir_cls_pred[0], 2)[index].argmax(dim=1)
        return boxes, scores[index], directions


class PillarsToMap(nn.Module):
    """From pillars to a map of the ground: features, laid out.

    Args:
        encoder: computes the features.
        scatter: lays them out.
    """

    def __init__(self, encoder: PaddedEncoder, scatter: PointPillarsScatter) -> None:
        super().__init__()
        self.encoder, self.scatter = encoder, scatter

    def forward(self, voxels: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Return the map, of shape (1, C, ny, nx).

        Args:
            voxels: points of shape (P, slots, columns), zero where there is no point.
            num_points: number of points in each pillar, int32 of shape (P,).
            coors: cells of shape (P, 4), as (0, z, y, x), int32.
        """
        features = self.encoder(voxels, num_points, coors)
        cells = coors[:, 2].long() * self.scatter.nx + coors[:, 3].long()
        canvas = features.new_zeros(self.scatter.ny * self.scatter.nx, features.shape[1])
        canvas = canvas.index_put((cells,), features)
        return canvas.t().reshape(1, -1, self.scatter.ny, self.scatter.nx)


class PillarsToCandidates(nn.Module):
    """The whole detector up to the suppression.

    Args:
        to_map: the first part.
        to_predictions: the second.
        candidates: the third.
    """

    def __init__(
        self, to_map: PillarsToMap, to_predictions: MapToPredictions, candidates: Candidates
    ) -> None:
        super().__init__()
        self.to_map, self.to_predictions, self.candidates = to_map, to_predictions, candidates

    def forward(
        self, voxels: Tensor, num_points: Tensor, coors: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the candidates, see :class:`Candidates`, of pillars, see :class:`PillarsToMap`."""
        return self.candidates(*self.to_predictions(self.to_map(voxels, num_points, coors)))
