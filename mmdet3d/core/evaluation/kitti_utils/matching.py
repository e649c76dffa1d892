"""Which detection stands for which object, by the greedy rule of the KITTI development kit."""

from typing import NamedTuple

import numba
import numpy as np

from mmdet3d.core.evaluation.kitti_utils.rules import OTHER, VALID


class Pairs(NamedTuple):
    """All frames' ground truth and detections, end to end, as the matching sees them."""

    gt_starts: np.ndarray
    """Frame i owns the ground truth ``gt_starts[i]:gt_starts[i + 1]``; of shape (F + 1,)."""
    dt_starts: np.ndarray
    """The same for detections, of shape (F + 1,)."""
    ious: np.ndarray
    """Every frame's (G_i, D_i) IoUs, flattened, end to end."""
    iou_starts: np.ndarray
    """Where each frame's IoUs begin, of shape (F,)."""
    gt_states: np.ndarray
    """``OTHER``, ``VALID`` or ``NEUTRAL``, of shape (G,)."""
    dt_states: np.ndarray
    """The same for detections, of shape (D,)."""
    scores: np.ndarray
    """Confidences of shape (D,)."""
    covers: np.ndarray
    """The part of each detection inside a DontCare region, of shape (D,)."""
    gt_alpha: np.ndarray
    """Observation angles of shape (G,)."""
    dt_alpha: np.ndarray
    """Observation angles of shape (D,)."""


@numba.njit(cache=True)
def matched_scores(pairs: Pairs, min_iou: float) -> np.ndarray:
    """Return the scores of the detections matched to valid objects, in no order.

    Objects choose in turn; each takes the highest score among the free detections that overlap it
    by more than ``min_iou``. Neutral objects and detections take part, but are not counted.
    """
    found = np.empty(len(pairs.gt_states))
    count = 0
    taken = np.zeros(len(pairs.dt_states), dtype=np.bool_)
    for frame in range(len(pairs.iou_starts)):
        for gt in range(pairs.gt_starts[frame], pairs.gt_starts[frame + 1]):
            if pairs.gt_states[gt] == OTHER:
                continue
            dt = _highest_score(pairs, frame, gt, taken, min_iou)
            if dt < 0:
                continue
            taken[dt] = True
            if pairs.gt_states[gt] == VALID and pairs.dt_states[dt] == VALID:
                found[count] = pairs.scores[dt]
                count += 1
    return found[:count]


@numba.njit(cache=True)
def count_matches(pairs: Pairs, min_iou: float, thresholds: np.ndarray) -> np.ndarray:
    """Count, at each score threshold (T,), what the detections not below it amount to.

    Objects choose in turn; each takes the largest overlap above ``min_iou`` among the free valid
    detections. (The development kit falls back on neutral ones, which count as nothing.)

    Returns:
        of shape (T, 3): true positives, false positives, and the orientation similarity
        ``(1 + cos(difference of alpha)) / 2`` summed over the true positives.
    """
    counts = np.zeros((len(thresholds), 3))
    for i, threshold in enumerate(thresholds):
        taken = pairs.scores < threshold
        for frame in range(len(pairs.iou_starts)):
            for gt in range(pairs.gt_starts[frame], pairs.gt_starts[frame + 1]):
                if pairs.gt_states[gt] == OTHER:
                    continue
                dt = _largest_overlap(pairs, frame, gt, taken, min_iou)
                if dt < 0:
                    continue
                taken[dt] = True
                if pairs.gt_states[gt] == VALID:
                    counts[i, 0] += 1
                    counts[i, 2] += (1 + np.cos(pairs.gt_alpha[gt] - pairs.dt_alpha[dt])) / 2
        counts[i, 1] = _count_false(pairs, taken, min_iou)
    return counts


@numba.njit(cache=True)
def _highest_score(pairs: Pairs, frame: int, gt: int, taken: np.ndarray, min_iou: float) -> int:
    first, last = pairs.dt_starts[frame], pairs.dt_starts[frame + 1]
    row = pairs.iou_starts[frame] + (gt - pairs.gt_starts[frame]) * (last - first) - first
    best = -1
    for dt in range(first, last):
        if pairs.dt_states[dt] == OTHER or taken[dt] or not pairs.ious[row + dt] > min_iou:
            continue
        if best < 0 or pairs.scores[dt] > pairs.scores[best]:
            best = dt
    return best


@numba.njit(cache=True)
def _largest_overlap(pairs: Pairs, frame: int, gt: int, taken: np.ndarray, min_iou: float) -> int:
    first, last = pairs.dt_starts[frame], pairs.dt_starts[frame + 1]
    row = pairs.iou_starts[frame] + (gt - pairs.gt_starts[frame]) * (last - first) - first
    best = -1
    for dt in range(first, last):
        if pairs.dt_states[dt] != VALID or taken[dt] or not pairs.ious[row + dt] > min_iou:
            continue
        if best < 0 or pairs.ious[row + dt] > pairs.ious[row + best]:
            best = dt
    return best


@numba.njit(cache=True)
def _count_false(pairs: Pairs, taken: np.ndarray, min_iou: float) -> int:
    count = 0
    for dt in range(len(taken)):
        if pairs.dt_states[dt] == VALID and not taken[dt] and not pairs.covers[dt] > min_iou:
            count += 1
    return count
