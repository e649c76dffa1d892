"""Detections that an evaluation leaves out: counted, and said."""

import logging
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from mmcv.utils import print_log

NOT_FINITE = 'hold NaN or infinity'
NO_SIZE = 'are not positive in size or lie beyond 1e9 m'
_FURTHEST = 1e9
_CAUSES = {NOT_FINITE: "has the training diverged, or is the checkpoint another model's?"}


def finite_detections(detections: Mapping[str, Any]) -> torch.Tensor:
    """Tell which of N detections have numbers alone in box and score, bool of shape (N,).

    Args:
        detections: ``boxes_3d`` (N boxes) and ``scores_3d`` (N,) of a frame.
    """
    boxes = detections['boxes_3d'].tensor.isfinite().all(dim=1).cpu()
    return boxes & detections['scores_3d'].isfinite().cpu()


def sized_detections(detections: Mapping[str, Any]) -> torch.Tensor:
    """Tell which of N detections are positive in size and within 1e9 m, bool of shape (N,).

    Args:
        detections: as for :func:`finite_detections`.
    """
    numbers = detections['boxes_3d'].tensor[:, :6].cpu()
    return (numbers[:, 3:] > 0).all(dim=1) & (numbers.abs() <= _FURTHEST).all(dim=1)


def report_left_out(
    counts: Counter, total: int, logger: Any = None, causes: Mapping[str, str] | None = None
) -> None:
    """Say in one line how many detections were left out, and where it was most of them, why.

    Args:
        counts: how many were left out, by what they do, such as ``'lie outside the image'``.
        total: how many there are.
        logger: where the line goes, see ``mmcv.utils.print_log``. With ``'silent'`` it is a warning
            if most were left out, and else nothing.
        causes: what is likely wrong where most were left out for a reason.
    """
    if not counts.total():
        return
    parts = ', '.join(f'{number} {reason}' for reason, number in counts.most_common())
    line = f'{counts.total()} of {total} detections are not evaluated: {parts}'
    most = counts.total() > total / 2
    cause = {**_CAUSES, **(causes or {})}.get(counts.most_common(1)[0][0])
    if most and cause:
        line = f'{line}. That is most of them: {cause}'
    if most and logger == 'silent':
        warnings.warn(line, stacklevel=3)
    print_log(line, logger, logging.WARNING if most else logging.INFO)
