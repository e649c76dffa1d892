"""The published features of any kind as rows of positions: voxels, points or cells."""

import torch
from torch import Tensor

from mmdet3d.models.kd.loss import KDBatch
from mmdet3d.utils.kd_utils import sample_by_importance


def as_rows(feature: Tensor) -> Tensor:
    """Lay a feature out with one row for each position.

    Args:
        feature: of shape (M, C) for voxels, or (B, C, ...) for points and maps.

    Returns:
        of shape (M, C), or (B * ..., C).
    """
    if feature.ndim == 2:
        return feature
    return feature.flatten(2).transpose(1, 2).flatten(0, 1)


def frames_of(feature: Tensor, batch: KDBatch) -> Tensor:
    """Tell which cloud each row of :func:`as_rows` belongs to.

    Args:
        feature: of shape (M, C) for voxels, or (B, C, ...) for points and maps.
        batch: for voxels, the cloud of each.

    Returns:
        int64 of shape (M,), or (B * ...,).

    Raises:
        ValueError: if the batch does not say it of voxels.
    """
    if feature.ndim > 2:
        index = torch.arange(len(feature), device=feature.device)
        return index.repeat_interleave(feature[0, 0].numel())
    if batch.frames is None:
        raise ValueError('a loss on voxels needs KDBatch.frames, the cloud of each voxel')
    return batch.frames.long()


def most_important(teacher: Tensor, batch: KDBatch, count: int) -> Tensor:
    """Choose positions to compare: voxels with many points, points and cells of strong features.

    Args:
        teacher: the teacher's feature, of shape (M, C) for voxels, or (B, C, ...).
        batch: for voxels, the number of points in each.
        count: how many positions of the batch to choose, all where there are fewer.

    Returns:
        indices into the rows of :func:`as_rows`, of shape (N,).

    Raises:
        ValueError: if the batch does not say how important voxels are.
    """
    if teacher.ndim > 2:
        return sample_by_importance(as_rows(teacher).amax(dim=1), count)
    if batch.importance is None:
        raise ValueError('a loss on voxels needs KDBatch.importance, the points in each voxel')
    return sample_by_importance(batch.importance, count)
