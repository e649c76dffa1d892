"""Non-maximum suppression of boxes seen from above, on any device."""

import torch

from mmdet3d.on_cpu import nms as on_cpu
from mmdet3d.ops.checks import require_floats, require_shape
from mmdet3d.ops.dispatch import by_device
from mmdet3d.ops.on_device import nms as on_device

_greedy_nms = by_device(on_cpu.greedy_nms, on_device.greedy_nms, 'nms')


@torch.no_grad()
def nms_bev(
    boxes: torch.Tensor,
    scores: torch.Tensor,
    thresh: float,
    pre_max_size: int | None = None,
    post_max_size: int | None = None,
) -> torch.Tensor:
    """Keep the best of the rotated boxes that overlap.

    Boxes are visited by descending score, equal scores by ascending index. A box is dropped when
    its IoU with a kept one exceeds the threshold. A box that is not finite or not positive in size
    suppresses nothing and is kept, so that whoever takes the detections sees and names it. A score
    of NaN comes first.

    Args:
        boxes: of shape (N, 5), x1, y1, x2, y2 (metres), ry: the extents of the box before it is
            turned around its centre by ry (radians, counter-clockwise).
        scores: of shape (N,).
        thresh: the largest IoU that two kept boxes may have.
        pre_max_size: how many of the best boxes enter; None: all.
        post_max_size: how many boxes are kept at most; None: no limit.

    Returns:
        int64 of shape (K,), indices of the kept boxes by descending score.

    Raises:
        TypeError: if ``boxes`` or ``scores`` is not a floating-point tensor.
        ValueError: if a shape or device differs or a maximum is negative.
    """
    require_floats(boxes=boxes, scores=scores)
    require_shape('boxes', boxes, ('N', 5))
    require_shape('scores', scores, (len(boxes),))
    order = scores.argsort(descending=True, stable=True)
    order = order[: _checked_limit('pre_max_size', pre_max_size, len(order))]
    limit = _checked_limit('post_max_size', post_max_size, len(order))
    x1, y1, x2, y2, yaw = boxes.detach().double()[order].unbind(1)
    centred = torch.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, yaw], dim=1)
    return order[_greedy_nms(centred, thresh, limit)]


def nms_normal_bev(
    boxes: torch.Tensor,
    scores: torch.Tensor,
    thresh: float,
    pre_max_size: int | None = None,
    post_max_size: int | None = None,
) -> torch.Tensor:
    """Keep the best of the boxes that overlap, ignoring their rotation.

    Same arguments, result and errors as ``nms_bev``; of ry only whether it is finite counts.
    """
    require_floats(boxes=boxes)
    require_shape('boxes', boxes, ('N', 5))
    # Zero, or NaN where the angle is not finite.
    unturned = torch.cat([boxes[:, :4], boxes[:, 4:] * 0], dim=1)
    return nms_bev(unturned, scores, thresh, pre_max_size, post_max_size)


def _checked_limit(name: str, limit: int | None, default: int) -> int:
    if limit is not None and limit < 0:
        raise ValueError(f'{name} must be None (no limit) or at least 0, got {limit}')
    return default if limit is None else limit
