"""Greedy non-maximum suppression of rotated boxes in torch, for devices numba does not reach."""

import torch

from mmdet3d.ops.on_device.rotated_iou import rotated_iou

# Rows of the IoU matrix held in float64 at once; of the whole matrix only the comparison is kept.
_ROWS_PER_CHUNK = 1024


def greedy_nms(boxes: torch.Tensor, thresh: float, max_kept: int) -> torch.Tensor:
    """Keep each box whose IoU with every box kept before it is at most the threshold.

    Args:
        boxes: float64 of shape (N, 5): centre x, centre y, sizes, yaw (radians, counter-clockwise),
            best first.
        thresh: the largest IoU that two kept boxes may have.
        max_kept: how many boxes are kept at most.

    Returns:
        int64 of shape (K,), indices of the kept boxes, ascending.
    """
    suppresses = torch.cat(
        # In the order of the other backend: a later box in the frame of an earlier one.
        [(rotated_iou(boxes, rows) > thresh).T for rows in boxes.split(_ROWS_PER_CHUNK)]
    )
    suppresses = suppresses.triu_(diagonal=1)
    kept = boxes.new_ones(len(boxes), dtype=torch.bool)
    # The greedy choice is the only fixed point of "kept unless a kept earlier box suppresses it".
    # Each round settles at least one more box of every chain, so few rounds are needed.
    while True:
        updated = ~suppresses[kept].any(dim=0)
        if torch.equal(updated, kept):
            return kept.nonzero().squeeze(1)[:max_kept]
        kept = updated
