"""Greedy non-maximum suppression of rotated boxes on the CPU."""

import numba
import numpy as np

from mmdet3d.on_cpu.rectangles import box_frames, circles_meet
from mmdet3d.on_cpu.rotated_iou import pair_overlap


def greedy_nms(boxes: np.ndarray, thresh: float, max_kept: int) -> np.ndarray:
    """Keep each box whose IoU with every box kept before it is at most the threshold.

    Overlaps are computed only where they are asked for, with boxes that were kept and are near.

    Args:
        boxes: of shape (N, 5), centre x, centre y, sizes, yaw (radians, counter-clockwise), best
            first.
        thresh: the largest IoU that two kept boxes may have.
        max_kept: stop after this many.

    Returns:
        int64 of shape (K,), indices of the kept boxes, ascending.
    """
    kept = np.empty(min(max_kept, len(boxes)), dtype=np.int64)
    count = _fill_kept(box_frames(boxes), float(thresh), kept)
    return kept[:count]


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _fill_kept(frames: np.ndarray, thresh: float, kept: np.ndarray) -> int:
    count = 0
    for i in range(len(frames)):
        if count == len(kept):
            break
        if not _suppressed(i, frames, thresh, kept[:count]):
            kept[count] = i
            count += 1
    return count


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _suppressed(i: int, frames: np.ndarray, thresh: float, kept: np.ndarray) -> bool:
    area = 4 * frames[i, 2] * frames[i, 3]
    for j in kept:
        if circles_meet(frames, i, frames, j):
            overlap = pair_overlap(frames[i], frames[j])
            union = area + 4 * frames[j, 2] * frames[j, 3] - overlap
            if overlap / union > thresh:
                return True
    return False
