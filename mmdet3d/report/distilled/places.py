"""Where on the ground the distilled voxels, points and cells are."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.kd import FeatureKind, KDTerm

# A point has no extent; it is drawn as wide as this, in metres.
_POINT = 0.25


class Places(NamedTuple):
    """Where the rows of a feature are.

    Attributes:
        kind: what they are called in the plural.
        xy: of shape (R, 2), in metres.
        size: how wide one is, in metres.
        importance: what makes one important.
    """

    kind: str
    xy: Tensor
    size: float
    importance: str


def places_of(
    model: Base3DDetector, term: KDTerm, features: Mapping[str, Any], feature: Tensor
) -> Places:
    """Tell where the rows of a feature of one cloud are.

    Args:
        model: the network that published it.
        term: the term that compares it.
        features: all that the network published.
        feature: the one that the term compares, of one cloud.
    """
    kind = model.kd_features[term.feature]
    strongest = "teacher's strongest channel"
    if kind is FeatureKind.POINTS:
        return Places('points', features['fp_xyz'][0, :, :2], _POINT, strongest)
    layer: Any = model.voxel_layer
    start = feature.new_tensor(layer.point_cloud_range[:2])
    extent = feature.new_tensor(layer.point_cloud_range[3:5]) - start
    if kind is FeatureKind.VOXELS:
        size = feature.new_tensor(layer.voxel_size[:2])
        cells = features['coors'][:, [3, 2]]
        return Places('voxels', *_middles(cells, start, size), 'points in the voxel')
    rows, columns = feature.shape[-2:]
    grid = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing='ij')
    cells = torch.stack(grid[::-1], dim=-1).flatten(0, 1).to(feature.device)
    size = extent / feature.new_tensor([columns, rows])
    return Places('cells', *_middles(cells, start, size), strongest)


def _middles(cells: Tensor, start: Tensor, size: Tensor) -> tuple[Tensor, float]:
    return start + (cells + 0.5) * size, float(size.max())
