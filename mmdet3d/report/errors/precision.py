"""Precision over recall of each class."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.average_precision import NUM_SAMPLES, average_r40
from mmdet3d.core.evaluation.kitti_utils.details import precision_of_classes
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.kitti.evaluation import KittiEvaluation
from mmdet3d.report.errors.boxes import Detections, Objects
from mmdet3d.report.errors.classes import ErrorClass
from mmdet3d.report.errors.matching import DETECTION_KINDS, match

_MODERATE, _STRICT = 1, 0


@dataclass(frozen=True)
class PrecisionCurve:
    """The curve of one class.

    Attributes:
        recall: of shape (K,), ascending, in [0, 1].
        precision: the best precision at each of these recalls or beyond, of shape (K,).
        average: its mean, in percent.
    """

    recall: np.ndarray
    precision: np.ndarray
    average: float


def kitti_curves(
    dataset: KittiEvaluation, results: Sequence[dict[str, Any]]
) -> dict[str, PrecisionCurve]:
    """Return KITTI's own curves in 3D, moderate, strict: their ``average`` is its AP40.

    Args:
        dataset: the frames.
        results: detections of each frame.
    """
    found = [deepcopy(result.get('pts_bbox', result)) for result in results]
    annos = dataset.bbox2result_kitti(found, dataset.CLASSES, logger='silent')
    truth = [info['annos'] for info in dataset.data_infos]
    curves = precision_of_classes(truth, annos, dataset.CLASSES, '3d', dataset.min_overlaps)
    recall = np.linspace(0, 1, NUM_SAMPLES)
    chosen = [of_class[_MODERATE, _STRICT] for of_class in curves.values()]
    return {
        name: PrecisionCurve(recall, precision, float(average_r40(precision)))
        for name, precision in zip(dataset.CLASSES, chosen)
    }


def overlap_curves(
    objects: Objects, found: Detections, classes: Sequence[ErrorClass]
) -> dict[str, PrecisionCurve]:
    """Return curves by the overlaps that errors are counted by, for any data set.

    A detection is right if it takes an object in the first round of
    :func:`mmdet3d.report.errors.matching.match`, whatever its heading. ``average`` is the area
    under the best precision at each recall or beyond. nuScenes' own AP matches by the distance of
    centres instead.

    Args:
        objects: ground truth.
        found: all detections, also those of low scores.
        classes: the classes, in label order.
    """
    matched = match(objects, found, classes)
    order = np.argsort(-found.scores, kind='stable')
    curves = {}
    for label, cls in enumerate(classes):
        rows = order[found.labels[order] == label]
        counts = matched.detection_kinds[rows] != DETECTION_KINDS.index('neutral')
        number = int(np.count_nonzero(objects.counted & (objects.labels == label)))
        curves[cls.name] = _curve(matched.overlapping[rows][counts], number)
    return curves


def _curve(is_right: np.ndarray, number: int) -> PrecisionCurve:
    """Build a curve from detections, right or wrong, by descending score, of so many objects."""
    right = np.cumsum(is_right)
    recall = right / max(number, 1)
    precision = right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    area = float(np.sum(np.diff(recall, prepend=0) * best))
    # From recall 0 on, and down to nothing where no more is found.
    recall = np.concatenate([[0.0], recall, recall[-1:]])
    best = np.concatenate([best[:1], best, [0.0]])
    return PrecisionCurve(recall, best, 100 * area)


def precision_curves(
    dataset: Custom3DDataset,
    results: Sequence[dict[str, Any]],
    objects: Objects,
    found: Detections,
    classes: Sequence[ErrorClass],
) -> dict[str, PrecisionCurve]:
    """Return the curves of each class: KITTI's own in its layout, else those by overlaps.

    Args:
        dataset: the frames.
        results: detections of each frame.
        objects: ground truth.
        found: all detections, also those of low scores.
        classes: the classes, in label order.
    """
    if isinstance(dataset, KittiEvaluation):
        return kitti_curves(dataset, results)
    return overlap_curves(objects, found, classes)


def curve_note(dataset: Custom3DDataset) -> str:
    """Say by what rule :func:`precision_curves` are made."""
    if isinstance(dataset, KittiEvaluation):
        return "KITTI's evaluation in 3D, moderate, strict; its AP40 in the legend"
    return (
        'by overlap, see docs/analysis.md; the area in the legend is not the AP of the evaluation'
    )
