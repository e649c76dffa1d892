"""What the KITTI benchmark's averages are made of: curves, and the objects that count."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import stack_annotations
from mmdet3d.core.evaluation.kitti_utils.classes import (
    DONT_CARE,
    KittiClass,
    Overlaps,
    class_names,
    evaluated_classes,
    read_overlaps,
)
from mmdet3d.core.evaluation.kitti_utils.eval import class_curves, stack_frames, with_spelling
from mmdet3d.core.evaluation.kitti_utils.rules import OTHER, VALID, difficulties_of, gt_states


def precision_of_classes(
    gt_annos: Sequence[Mapping],
    dt_annos: Sequence[Mapping],
    current_classes: Sequence[str],
    metric: str = '3d',
    min_overlaps: Overlaps | None = None,
) -> dict[str, np.ndarray]:
    """Return the curves whose averages :func:`kitti_eval` gives.

    Args:
        gt_annos: see there, as for the errors.
        dt_annos: see there.
        current_classes: names of the classes.
        metric: ``'bbox'``, ``'bev'`` or ``'3d'``.
        min_overlaps: see there.

    Returns:
        by the name of the class the best precision, in [0, 1], at recalls 0, 1/40, ..., 1 or
        beyond, of shape (3, 2, 41): easy, moderate, hard; strict, loose.
    """
    names = class_names(current_classes)
    gt, dt = stack_frames(gt_annos, dt_annos, [metric], names, with_boxes=True)
    classes, _ = evaluated_classes(names, read_overlaps(min_overlaps, names), gt)
    curves = class_curves(gt, dt, classes, difficulties_of(gt), metric)[0]
    return {cls.name: of_class for cls, of_class in zip(classes, curves)}


def counted_objects(
    gt_annos: Sequence[Mapping],
    current_classes: Sequence[str],
    min_overlaps: Overlaps | None = None,
) -> tuple[list[KittiClass], np.ndarray, np.ndarray]:
    """Tell which objects count at the hardest difficulty, and which are neutral.

    Args:
        gt_annos: ground truth, see :func:`kitti_eval`, as for the errors.
        current_classes: names of the classes.
        min_overlaps: see there.

    Returns:
        the classes in their order; the class of each object of all frames, DontCare regions left
        out, int64 of shape (G,), -1 for none; and whether it counts, bool of shape (G,). What has a
        class and does not count is neutral: too hard to see, or a look-alike.
    """
    names = class_names(current_classes)
    gt = stack_annotations(gt_annos, 'ground truth', ['truncated', 'occluded'], True)
    gt = with_spelling(gt, [*dict.fromkeys((*names, DONT_CARE))])
    classes, _ = evaluated_classes(names, read_overlaps(min_overlaps, names), gt)
    labels = np.full(len(gt.names), -1)
    counted = np.zeros(len(gt.names), dtype=bool)
    for label, cls in enumerate(classes):
        states = gt_states(gt, cls, difficulties_of(gt)[-1])
        labels[states != OTHER] = label
        counted |= states == VALID
    objects = gt.names != DONT_CARE
    return classes, labels[objects], counted[objects]
