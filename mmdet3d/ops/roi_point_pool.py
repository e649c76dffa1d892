"""The points inside each box with their features, on any device."""

import torch

from mmdet3d.on_cpu import roi_point_pool as on_cpu
from mmdet3d.ops.checks import require_at_least, require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import roi_point_pool as on_device

_first_inside = by_device(on_cpu.first_inside, on_device.first_inside, 'roi_point_pool')


def roi_point_pool(
    points: torch.Tensor, features: torch.Tensor, boxes: torch.Tensor, num_sampled_points: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Collect the first points inside each box with their features.

    As in ``points_in_boxes_part``, the bottom and the top belong to the box, its sides do not.
    Boxes are taken as they are; enlarge them before.

    Args:
        points: of shape (B, N, 3), x, y, z in metres.
        features: of shape (B, N, C), of the points.
        boxes: of shape (B, M, 7), x, y, z of the bottom centre, sizes along the box's x, y, z
            (metres), yaw (radians, counter-clockwise).
        num_sampled_points: how many points are listed for a box.

    Returns:
        coordinates and features of the first points inside each box, of shape (B, M,
        num_sampled_points, 3 + C), from the first one again where there are fewer, zeros where
        there are none; which boxes hold none, bool of shape (B, M). Gradients flow to the points
        and the features, not to the boxes.

    Raises:
        TypeError: if a tensor is not a floating-point one.
        ValueError: if one has another shape, they are on different devices, or
            ``num_sampled_points`` is below 1.
    """
    require_floats(points=points, features=features, boxes=boxes)
    require_shape('points', points, ('B', 'N', 3))
    require_shape('features', features, (*points.shape[:2], 'C'))
    require_shape('boxes', boxes, (points.shape[0], 'M', 7))
    require_at_least('num_sampled_points', 1, num_sampled_points)
    with torch.no_grad():
        positions = points.detach().double(), boxes.detach().double()
        index, count = _first_inside(*positions, num_sampled_points)
    slot = torch.arange(num_sampled_points, device=index.device)
    index = index.gather(2, slot % count.clamp(min=1)[..., None])
    empty = count == 0
    rows = torch.cat([points, features], dim=2)
    if rows.shape[1] == 0:
        return rows.new_zeros((*index.shape, rows.shape[2])), empty
    offset = torch.arange(len(rows), device=index.device)[:, None, None] * rows.shape[1]
    pooled = rows.flatten(0, 1).index_select(0, (index + offset).flatten())
    pooled = pooled.view(*index.shape, rows.shape[2])
    return pooled.masked_fill_(empty[..., None, None], 0), empty
