"""From a model's candidates to detections, in numpy and numba alone."""

from typing import NamedTuple

import numpy as np

from mmdet3d.export.settings import ModelSettings
from mmdet3d.on_cpu.nms import greedy_nms


class Detections(NamedTuple):
    """What was found in a cloud.

    Attributes:
        boxes: float32 of shape (N, 7), or (N, 9) with velocities: x, y, z of the bottom's centre,
            length, width and height in metres, yaw in radians.
        scores: float32 of shape (N,), in 0..1.
        labels: int64 of shape (N,).
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray


def suppress(
    boxes: np.ndarray, scores: np.ndarray, directions: np.ndarray, settings: ModelSettings
) -> Detections:
    """Choose the detections as the head does, see :func:`box3d_multiclass_nms`.

    Args:
        boxes: candidates of shape (K, D).
        scores: of shape (K, classes).
        directions: of shape (K,), which half of the turn each box heads for.
        settings: of the model.
    """
    seen = _from_above(boxes, settings.use_rotate_nms)
    kept = [
        _keep(seen, scores[:, label], settings.score_thr, settings.nms_thr)
        for label in range(scores.shape[1])
    ]
    index = np.concatenate(kept)
    labels = np.repeat(np.arange(len(kept)), [len(each) for each in kept])
    chosen = scores[index, labels]
    if len(index) > settings.max_num:
        best = np.argsort(-chosen, kind='stable')[: settings.max_num]
        index, labels, chosen = index[best], labels[best], chosen[best]
    found = boxes[index]
    if settings.has_directions:
        found[:, 6] = _headings(found[:, 6], directions[index], settings)
    return Detections(found, chosen, labels)


def _from_above(boxes: np.ndarray, rotated: bool) -> np.ndarray:
    """Centre, sizes and yaw of boxes, float64 of shape (K, 5)."""
    half = boxes[:, 3:5] / 2
    low, high = (each.astype(np.float64) for each in (boxes[:, :2] - half, boxes[:, :2] + half))
    yaw = boxes[:, 6:7] if rotated else boxes[:, 6:7] * 0
    return np.concatenate([(low + high) / 2, high - low, yaw], axis=1)


def _keep(seen: np.ndarray, scores: np.ndarray, score_thr: float, nms_thr: float) -> np.ndarray:
    """Indices of the boxes of one class that are kept, by descending score."""
    index = np.flatnonzero(scores > np.float32(score_thr))
    index = index[np.argsort(-scores[index], kind='stable')]
    return index[greedy_nms(seen[index], nms_thr, len(index))]


def _headings(yaw: np.ndarray, directions: np.ndarray, settings: ModelSettings) -> np.ndarray:
    """The yaws that half a turn is added to where their direction says so."""
    offset = np.float32(settings.dir_offset)
    rest = np.fmod((yaw - offset).astype(np.float64), np.pi)
    half = rest - np.floor(rest / np.pi + settings.dir_limit_offset) * np.pi
    return half.astype(np.float32) + offset + np.float32(np.pi) * directions.astype(np.float32)
