"""The KITTI object benchmark on annotations in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations, stack_annotations
from mmdet3d.core.evaluation.kitti_utils.average_precision import (
    average_r11,
    average_r40,
    precision_curves,
)
from mmdet3d.core.evaluation.kitti_utils.classes import (
    DONT_CARE,
    KITTI_NAMES,
    KittiClass,
    Overlaps,
    class_names,
    evaluated_classes,
    read_overlaps,
    spell,
)
from mmdet3d.core.evaluation.kitti_utils.matching import Pairs
from mmdet3d.core.evaluation.kitti_utils.overlaps import dontcare_covers, frame_ious
from mmdet3d.core.evaluation.kitti_utils.report import LABELS, collect_figures, format_report
from mmdet3d.core.evaluation.kitti_utils.rules import (
    EVAL_TYPES,
    METRICS,
    VALID,
    Difficulty,
    difficulties_of,
    dt_states,
    gt_states,
    in_image,
)

_NO_ALPHA = -10


def kitti_eval(
    gt_annos: Sequence[Mapping],
    dt_annos: Sequence[Mapping],
    current_classes: str | int | Sequence[str | int],
    eval_types: Sequence[str] = METRICS,
    min_overlaps: Overlaps | None = None,
) -> tuple[str, dict[str, float]]:
    """Evaluate detections by the KITTI object benchmark.

    Average precision is taken at 11 and at 40 recalls (AP11, AP40), for the strict overlaps of the
    benchmark and for looser ones, at the difficulties easy, moderate and hard. It is 0 for a class
    without objects at a difficulty. Names are compared without regard to case, unless two classes
    differ by nothing else. Where no object has a box in an image, its height does not count.

    Args:
        gt_annos: ground truth, one mapping per frame with arrays over its N objects, as in the info
            files: ``name``, ``truncated``, ``occluded``, ``bbox`` (N, 4) in pixels, ``alpha`` (for
            bbox), and ``location`` (N, 3), ``dimensions`` (N, 3: length, height, width) in metres,
            ``rotation_y`` (for bev and 3d), in rectified camera coordinates.
        dt_annos: detections of the same frames in the same order, the same with ``score`` and
            without ``truncated`` and ``occluded``.
        current_classes: names of the classes, or a single one: KITTI's Car, Pedestrian, Cyclist,
            Van, Person_sitting, Truck, also by index, or any other.
        eval_types: any of ``'bbox'``, ``'bev'``, ``'3d'``. With bbox the text also gives the
            orientation similarity aos wherever both sides have observation angles (not -10).
        min_overlaps: for the name of a class the least overlap of a match, or two: strict, loose.
            Classes that are neither here nor KITTI's take KITTI's for objects of their size, which
            the text says.

    Returns:
        the tables as text, and the figures by name (percent), such as
        ``KITTI/Car_3D_AP40_moderate_strict`` and ``KITTI/Overall_3D_AP40_moderate``.

    Raises:
        KeyError: if a frame lacks one of the arrays.
        ValueError: if the two sides differ in length or are empty, an array has the wrong shape or
            is not finite, or an index, an eval type or an overlap is not what it can be.
    """
    names = class_names(current_classes)
    overlaps = read_overlaps(min_overlaps, names)
    metrics = _read_metrics(eval_types)
    are_chosen = set(names) <= {*overlaps, *KITTI_NAMES}
    gt, dt = stack_frames(gt_annos, dt_annos, metrics, names, with_boxes=not are_chosen)
    classes, notes = evaluated_classes(names, overlaps, gt)
    difficulties = difficulties_of(gt)
    curves = {metric: class_curves(gt, dt, classes, difficulties, metric) for metric in metrics}
    text = ''.join(f'{note}\n' for note in notes + _notes(gt, classes, difficulties))
    figures: dict[str, float] = {}
    for label, average in zip(LABELS, (average_r11, average_r40)):
        averages = {metric: average(curves[metric][0]) for metric in metrics}
        if 'bbox' in metrics and _has_alpha(gt) and _has_alpha(dt):
            averages['aos'] = average(curves['bbox'][1])
        text += format_report(classes, averages, label)
        figures |= collect_figures(classes, averages, label)
    return text, figures


def check_truth(gt_annos: Sequence[Mapping]) -> None:
    """Refuse ground truth that :func:`kitti_eval` would not take.

    Args:
        gt_annos: see there.

    Raises:
        KeyError: if a frame lacks one of the arrays.
        ValueError: if an array has the wrong shape or is not finite.
    """
    stack_annotations(gt_annos, 'ground truth', ['alpha', 'truncated', 'occluded'], True)


def _read_metrics(given: Sequence[str]) -> list[str]:
    unknown = [item for item in given if item not in EVAL_TYPES]
    metrics = [metric for metric in METRICS if metric in given]
    if unknown or not metrics or ('aos' in given and 'bbox' not in metrics):
        raise ValueError(
            f"eval_types is {given!r}; give a list with one or more of {METRICS} ('aos' comes with "
            "'bbox' by itself and cannot stand without it)"
        )
    return metrics


def stack_frames(
    gt_annos: Sequence[Mapping],
    dt_annos: Sequence[Mapping],
    metrics: Sequence[str],
    names: Sequence[str],
    with_boxes: bool,
) -> tuple[Annotations, Annotations]:
    """Lay both sides end to end, with names in the spelling that they are compared by.

    Args:
        gt_annos: see :func:`kitti_eval`, as for the errors.
        dt_annos: see there.
        metrics: any of ``METRICS``.
        names: of the classes that are evaluated.
        with_boxes: whether boxes in space are kept of the ground truth in any case.
    """
    if len(gt_annos) != len(dt_annos):
        raise ValueError(
            f'{len(gt_annos)} frames of ground truth but {len(dt_annos)} of detections; give '
            'both for the same frames, an empty annotation where nothing was detected'
        )
    if not len(gt_annos):
        raise ValueError('gt_annos and dt_annos are empty; give at least one frame')
    shared = ['alpha'] if 'bbox' in metrics else []
    need_boxes = 'bev' in metrics or '3d' in metrics
    gt_columns = shared + ['truncated', 'occluded']
    gt = stack_annotations(gt_annos, 'ground truth', gt_columns, with_boxes or need_boxes)
    dt = stack_annotations(dt_annos, 'detections', shared + ['score'], need_boxes)
    spellings = [*dict.fromkeys((*names, *KITTI_NAMES, DONT_CARE))]
    return with_spelling(gt, spellings), with_spelling(dt, spellings)


def with_spelling(annos: Annotations, spellings: Sequence[str]) -> Annotations:
    """Give names the spelling that they are compared by."""
    unique, inverse = np.unique(annos.names, return_inverse=True)
    spelt = np.array([spell(name, spellings) for name in unique.tolist()], dtype=str)
    return replace(annos, names=spelt[inverse])


def _notes(
    gt: Annotations, classes: Sequence[KittiClass], difficulties: Sequence[Difficulty]
) -> list[str]:
    """Say what of the benchmark does not fit the ground truth."""
    notes = [_note_on_class(gt, cls, difficulties[-1]) for cls in classes]
    return [note for note in [_note_on_image(gt), *notes] if note]


def _note_on_image(gt: Annotations) -> str:
    objects = in_image(gt)
    if objects.all():
        return ''
    if not objects.any():
        return 'No object has a box in the image: its height there does not count.'
    without = np.count_nonzero(~objects)
    return f'{without} of {len(objects)} objects have no box in the image, and so never count.'


def _note_on_class(gt: Annotations, cls: KittiClass, hardest: Difficulty) -> str:
    known = np.count_nonzero(gt.names == cls.name)
    if not known:
        present = sorted({*gt.names.tolist()} - {DONT_CARE})
        return (
            f'{cls.name}: no object of the ground truth is one, so every figure is 0; it has '
            f'{", ".join(present) or "no object at all"}'
        )
    if (gt_states(gt, cls, hardest) == VALID).any():
        return ''
    return (
        f'{cls.name}: none of {known} objects counts, so every figure is 0: all are harder to see '
        f'than {hardest}'
    )


def _has_alpha(annos: Annotations) -> bool:
    return bool(np.any(annos.alpha != _NO_ALPHA))


def class_curves(
    gt: Annotations,
    dt: Annotations,
    classes: Sequence[KittiClass],
    difficulties: Sequence[Difficulty],
    metric: str,
) -> np.ndarray:
    """Return precision and orientation curves, (2, classes, difficulties, strict and loose, 41).

    Args:
        gt: ground truth.
        dt: detections of the same frames.
        classes: what is evaluated.
        difficulties: at which difficulties.
        metric: one of ``METRICS``.
    """
    ious, iou_starts = frame_ious(gt, dt, metric)
    is_flat = metric == 'bbox'
    covers = dontcare_covers(gt, dt) if is_flat else np.zeros(len(dt.names))
    curves = []
    for cls in classes:
        limits = [overlaps[METRICS.index(metric)] for overlaps in (cls.strict, cls.loose)]
        for difficulty in difficulties:
            pairs = Pairs(
                gt_starts=gt.starts,
                dt_starts=dt.starts,
                ious=ious,
                iou_starts=iou_starts,
                gt_states=gt_states(gt, cls, difficulty),
                dt_states=dt_states(dt, cls, difficulty),
                scores=dt.score,
                covers=covers,
                gt_alpha=gt.alpha if is_flat else np.zeros(len(gt.names)),
                dt_alpha=dt.alpha if is_flat else np.zeros(len(dt.names)),
            )
            by_limit = {limit: precision_curves(pairs, limit) for limit in set(limits)}
            curves.append([by_limit[limit] for limit in limits])
    stacked = np.array(curves).reshape(len(classes), len(difficulties), len(limits), 2, -1)
    return np.moveaxis(stacked, 3, 0)
