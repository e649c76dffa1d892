"""The KITTI object benchmark on annotations in memory."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations, stack_annotations
from mmdet3d.core.evaluation.kitti_utils.average_precision import (
    average_r11,
    average_r40,
    precision_curves,
)
from mmdet3d.core.evaluation.kitti_utils.matching import Pairs
from mmdet3d.core.evaluation.kitti_utils.overlaps import dontcare_covers, frame_ious
from mmdet3d.core.evaluation.kitti_utils.report import collect_figures, format_report
from mmdet3d.core.evaluation.kitti_utils.rules import (
    DIFFICULTIES,
    EVAL_TYPES,
    METRICS,
    KittiClass,
    dt_states,
    find_class,
    gt_states,
)

_NO_ALPHA = -10


def kitti_eval(
    gt_annos: Sequence[Mapping],
    dt_annos: Sequence[Mapping],
    current_classes: str | int | Sequence[str | int],
    eval_types: Sequence[str] = METRICS,
) -> tuple[str, dict[str, float]]:
    """Evaluate detections by the KITTI object benchmark.

    Average precision is taken at 11 and at 40 recalls (AP11, AP40), for the strict overlaps of the
    benchmark and for looser ones, at the difficulties easy, moderate and hard. It is 0 for a class
    without objects at a difficulty.

    Args:
        gt_annos: ground truth, one mapping per frame with arrays over its N objects, as in the info
            files: ``name``, ``truncated``, ``occluded``, ``bbox`` (N, 4) in pixels, ``alpha`` (for
            bbox), and ``location`` (N, 3), ``dimensions`` (N, 3: length, height, width) in metres,
            ``rotation_y`` (for bev and 3d), in rectified camera coordinates.
        dt_annos: detections of the same frames in the same order, the same with ``score`` and
            without ``truncated`` and ``occluded``.
        current_classes: names or indices of the classes, or a single one: Car, Pedestrian, Cyclist,
            Van, Person_sitting, Truck.
        eval_types: any of ``'bbox'``, ``'bev'``, ``'3d'``. With bbox the text also gives the
            orientation similarity aos wherever both sides have observation angles (not -10).

    Returns:
        the tables as text, and the figures by name (percent), such as
        ``KITTI/Car_3D_AP40_moderate_strict`` and ``KITTI/Overall_3D_AP40_moderate``.

    Raises:
        KeyError: if a frame lacks one of the arrays.
        ValueError: if the two sides differ in length or are empty, an array has the wrong shape or
            is not finite, or a class or an eval type is unknown.
    """
    classes = _read_classes(current_classes)
    metrics = _read_metrics(eval_types)
    gt, dt = _stack_frames(gt_annos, dt_annos, metrics)
    curves = {metric: _curves(gt, dt, classes, metric) for metric in metrics}
    text = ''
    figures: dict[str, float] = {}
    for label, average in (('AP11', average_r11), ('AP40', average_r40)):
        averages = {metric: average(curves[metric][0]) for metric in metrics}
        if 'bbox' in metrics and _has_alpha(gt) and _has_alpha(dt):
            averages['aos'] = average(curves['bbox'][1])
        text += format_report(classes, averages, label)
        figures |= collect_figures(classes, averages, label)
    return text, figures


def _read_classes(given: str | int | Sequence[str | int]) -> list[KittiClass]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [find_class(given)]
    classes = [find_class(item) for item in given]
    if not classes:
        raise ValueError(f'current_classes is {given!r}; give at least one class')
    return classes


def _read_metrics(given: Sequence[str]) -> list[str]:
    unknown = [item for item in given if item not in EVAL_TYPES]
    metrics = [metric for metric in METRICS if metric in given]
    if unknown or not metrics or ('aos' in given and 'bbox' not in metrics):
        raise ValueError(
            f"eval_types is {given!r}; give a list with one or more of {METRICS} ('aos' comes with "
            "'bbox' by itself and cannot stand without it)"
        )
    return metrics


def _stack_frames(
    gt_annos: Sequence[Mapping], dt_annos: Sequence[Mapping], metrics: Sequence[str]
) -> tuple[Annotations, Annotations]:
    if len(gt_annos) != len(dt_annos):
        raise ValueError(
            f'{len(gt_annos)} frames of ground truth but {len(dt_annos)} of detections; give '
            'both for the same frames, an empty annotation where nothing was detected'
        )
    if not len(gt_annos):
        raise ValueError('gt_annos and dt_annos are empty; give at least one frame')
    shared = ['alpha'] if 'bbox' in metrics else []
    with_boxes = 'bev' in metrics or '3d' in metrics
    gt_columns = shared + ['truncated', 'occluded']
    return (
        stack_annotations(gt_annos, 'ground truth', gt_columns, with_boxes),
        stack_annotations(dt_annos, 'detections', shared + ['score'], with_boxes),
    )


def _has_alpha(annos: Annotations) -> bool:
    return bool(np.any(annos.alpha != _NO_ALPHA))


def _curves(
    gt: Annotations, dt: Annotations, classes: Sequence[KittiClass], metric: str
) -> np.ndarray:
    """Return precision and orientation curves, (2, classes, difficulties, strict and loose, 41)."""
    ious, iou_starts = frame_ious(gt, dt, metric)
    in_image = metric == 'bbox'
    covers = dontcare_covers(gt, dt) if in_image else np.zeros(len(dt.names))
    curves = []
    for cls in classes:
        limits = [overlaps[METRICS.index(metric)] for overlaps in (cls.strict, cls.loose)]
        for difficulty in DIFFICULTIES:
            pairs = Pairs(
                gt_starts=gt.starts,
                dt_starts=dt.starts,
                ious=ious,
                iou_starts=iou_starts,
                gt_states=gt_states(gt, cls, difficulty),
                dt_states=dt_states(dt, cls, difficulty),
                scores=dt.score,
                covers=covers,
                gt_alpha=gt.alpha if in_image else np.zeros(len(gt.names)),
                dt_alpha=dt.alpha if in_image else np.zeros(len(dt.names)),
            )
            by_limit = {limit: precision_curves(pairs, limit) for limit in set(limits)}
            curves.append([by_limit[limit] for limit in limits])
    stacked = np.array(curves).reshape(len(classes), len(DIFFICULTIES), len(limits), 2, -1)
    return np.moveaxis(stacked, 3, 0)
