"""The first points inside each box, in torch, for devices numba does not reach."""

import torch

from mmdet3d.ops.first_indices import first_indices
from mmdet3d.ops.on_device.points_in_boxes import batched_points_in_boxes

# Pairs of a point and a box compared at once: about 100 megabytes of intermediates.
_PAIRS_PER_CHUNK = 2**21


def first_inside(
    points: torch.Tensor, boxes: torch.Tensor, limit: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the first points inside each box, in the order of the cloud.

    Same arguments and results as ``on_cpu.roi_point_pool.first_inside``, as tensors.
    """
    columns = max(1, _PAIRS_PER_CHUNK // max(1, points.shape[0] * points.shape[1]))
    parts = [
        first_indices(batched_points_in_boxes(points, part).transpose(1, 2), limit)
        for part in boxes.split(columns, dim=1)
    ]
    index, count = zip(*parts)
    return torch.cat(index, dim=1), torch.cat(count, dim=1)
