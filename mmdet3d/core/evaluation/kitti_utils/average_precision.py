"""Precision over recall, and its average, as the KITTI development kit samples it."""

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.matching import Pairs, count_matches, matched_scores
from mmdet3d.core.evaluation.kitti_utils.rules import VALID

NUM_SAMPLES = 41


def recall_thresholds(scores: np.ndarray, num_valid: int) -> np.ndarray:
    """Choose the scores at which recall passes 0, 1/40, ..., 1.

    Each recall in turn takes the next score whose recall is nearest to it. A score serves once.
    With fewer than 41 objects the scores run out early and the rest of the curve stays empty: the
    AP is low by construction, as in the development kit. If every object was found, the last score
    also serves the remaining recalls, so a perfect result has an AP of 100 however few the objects.

    Args:
        scores: scores of the detections matched to valid objects, of shape (K,).
        num_valid: how many valid objects there are.

    Returns:
        at most 41 scores, descending.
    """
    ordered = np.sort(scores)[::-1]
    chosen = []
    recall = 0.0
    for i, score in enumerate(ordered):
        left = (i + 1) / num_valid
        right = (i + 2) / num_valid
        if i < len(ordered) - 1 and right - recall < recall - left:
            continue
        chosen.append(score)
        recall += 1 / (NUM_SAMPLES - 1)
    if len(ordered) == num_valid > 0:
        chosen += [ordered[-1]] * (NUM_SAMPLES - len(chosen))
    return np.array(chosen, dtype=np.float64)


def precision_curves(pairs: Pairs, min_iou: float) -> np.ndarray:
    """Return the best precision at each of 41 recalls or beyond; (2, 41) in [0, 1].

    The second row weighs each true positive by its orientation similarity: KITTI's AOS.
    """
    curves = np.zeros((2, NUM_SAMPLES))
    num_valid = np.count_nonzero(pairs.gt_states == VALID)
    thresholds = recall_thresholds(matched_scores(pairs, min_iou), num_valid)
    true, false, similarity = count_matches(pairs, min_iou, thresholds).T
    kept = np.maximum(true + false, 1)
    curves[:, : len(thresholds)] = true / kept, similarity / kept
    return np.maximum.accumulate(curves[:, ::-1], axis=1)[:, ::-1]


def average_r11(curves: np.ndarray) -> np.ndarray:
    """Average curves (..., 41) over the recalls 0, 0.1, ..., 1; in percent."""
    return curves[..., ::4].mean(axis=-1) * 100


def average_r40(curves: np.ndarray) -> np.ndarray:
    """Average curves (..., 41) over the recalls 1/40, 2/40, ..., 1; in percent."""
    return curves[..., 1:].mean(axis=-1) * 100
