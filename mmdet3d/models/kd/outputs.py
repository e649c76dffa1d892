"""What heads predict, for anchors of maps and for points alike: a list for each cloud."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from mmdet3d.models.dense_heads.prediction_rows import flat
from mmdet3d.models.interfaces import HeadOutputs


class Predictions(NamedTuple):
    """The predictions of B clouds, R of each.

    Attributes:
        scores: class logits, of shape (B, R, num_classes).
        codes: box residuals, of shape (B, R, code_size).
        directions: logits of the heading's direction, of shape (B, R, 2); None where the head does
            not tell it.
        has_yaw: column 6 of the codes is a difference of headings, as anchors' is; a point's code
            has the heading's cosine and sine instead.
    """

    scores: Tensor
    codes: Tensor
    directions: Tensor | None
    has_yaw: bool


def flatten_outputs(outputs: HeadOutputs, num_classes: int) -> Predictions:
    """Lay out the predictions of all levels one after the other.

    Args:
        outputs: what a head predicts.
        num_classes: number of classes.

    Returns:
        the predictions, for anchors in the order (level, row, column, anchor).
    """
    on_maps = outputs.cls_scores[0].ndim == 4
    if not on_maps:
        scores, codes = torch.cat(outputs.cls_scores, 1), torch.cat(outputs.bbox_preds, 1)
        return Predictions(scores, codes, None, has_yaw=False)
    counts = [level.shape[1] // num_classes for level in outputs.cls_scores]
    directions = [each for each in outputs.dir_cls_preds or [] if each is not None]
    return Predictions(
        _flatten_maps(outputs.cls_scores, counts),
        _flatten_maps(outputs.bbox_preds, counts),
        _flatten_maps(directions, counts) if directions else None,
        has_yaw=True,
    )


def _flatten_maps(levels: list[Tensor], counts: list[int]) -> Tensor:
    """Bring each of (B, A * width, H, W) to (B, H * W * A, width), and join them."""
    rows = [
        flat(level, level.shape[1] // count).unflatten(0, (len(level), -1))
        for level, count in zip(levels, counts)
    ]
    return torch.cat(rows, dim=1)


def residual_distance(student: Tensor, teacher: Tensor, has_yaw: bool, beta: float) -> Tensor:
    """Return the smooth L1 distance of box codes, summed over their columns.

    Args:
        student: codes of shape (N, code_size).
        teacher: codes of the same shape, relative to the same anchors or points.
        has_yaw: compare column 6 by the sine of its difference, for which a box turned around is
            the same (SECOND, section 3.2).
        beta: distance below which the loss is a square.

    Returns:
        of shape (N,).
    """
    difference = student - teacher
    if has_yaw:
        turned = difference[:, 6:7].sin()
        difference = torch.cat([difference[:, :6], turned, difference[:, 7:]], dim=1)
    nothing = torch.zeros_like(difference)
    return functional.smooth_l1_loss(difference, nothing, reduction='none', beta=beta).sum(dim=1)
