"""Choosing detections: non-maximum suppression for each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from mmdet3d.ops import nms_bev, nms_normal_bev


def box3d_multiclass_nms(
    mlvl_bboxes: torch.Tensor,
    mlvl_bboxes_for_nms: torch.Tensor,
    mlvl_scores: torch.Tensor,
    score_thr: float,
    max_num: int,
    cfg: Mapping[str, Any],
    mlvl_dir_scores: torch.Tensor | None = None,
    mlvl_attr_scores: torch.Tensor | None = None,
    mlvl_bboxes2d: torch.Tensor | None = None,
) -> tuple[torch.Tensor, ...]:
    """Suppress the boxes of each class on their own, and keep the best of all classes.

    Args:
        mlvl_bboxes: of shape (N, D), boxes of all levels.
        mlvl_bboxes_for_nms: of shape (N, 5), the same in the bird's eye view, (x1, y1, x2, y2,
            yaw).
        mlvl_scores: scores of shape (N, C + 1), the last column for the background.
        score_thr: only scores above it count.
        max_num: the most boxes to return.
        cfg: with ``use_rotate_nms`` (take the yaw into account) and ``nms_thr`` (the IoU above
            which the lower score is dropped).
        mlvl_dir_scores: directions of shape (N,), handed through.
        mlvl_attr_scores: attributes of shape (N,), handed through.
        mlvl_bboxes2d: of shape (N, 4), boxes in the image, handed through.

    Returns:
        boxes (K, D), scores (K,), labels (K,), and of the last three arguments those given. They
        are ordered by class and within it by descending score; where there were more than
        ``max_num``, by descending score.

    Raises:
        KeyError: if a key of ``cfg`` is missing.
        ValueError: if there is no column for a class.
    """
    index, labels = _keep_per_class(mlvl_bboxes_for_nms, mlvl_scores, score_thr, cfg)
    scores = mlvl_scores[index, labels]
    if len(index) > max_num:
        best = scores.argsort(descending=True, stable=True)[:max_num]
        index, labels, scores = index[best], labels[best], scores[best]
    extras = (mlvl_dir_scores, mlvl_attr_scores, mlvl_bboxes2d)
    kept_extras = tuple(extra[index] for extra in extras if extra is not None)
    return (mlvl_bboxes[index], scores, labels, *kept_extras)


def _keep_per_class(
    boxes: torch.Tensor, scores: torch.Tensor, score_thr: float, cfg: Mapping[str, Any]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices of the boxes kept, class by class, and their classes; both (K,)."""
    missing = [key for key in ('use_rotate_nms', 'nms_thr') if key not in cfg]
    if missing:
        raise KeyError(f'the test configuration lacks {missing}, got {sorted(cfg)}')
    num_classes = scores.shape[1] - 1
    if num_classes < 1:
        raise ValueError(
            'mlvl_scores needs a column per class and one for the background, got shape '
            f'{tuple(scores.shape)}'
        )
    suppress = nms_bev if cfg['use_rotate_nms'] else nms_normal_bev
    kept = []
    for label in range(num_classes):
        candidates = (scores[:, label] > score_thr).nonzero().squeeze(1)
        selected = suppress(boxes[candidates], scores[candidates, label], cfg['nms_thr'])
        kept.append(candidates[selected])
    labels = [torch.full_like(index, label) for label, index in enumerate(kept)]
    return torch.cat(kept), torch.cat(labels)
