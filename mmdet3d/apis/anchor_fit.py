"""Whether the anchors of a detector can be given the objects of a data set at all."""

import warnings
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
from torch import nn
from torch.utils.data import Dataset

from mmdet3d.core.anchor import Anchor3DRangeGenerator
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.dataset_wrappers import unwrapped

# Frames whose objects are looked at, spread over a data set.
_FRAMES = 200
# Orders of the sizes are tried for a hint up to this many classes.
_MOST_CLASSES = 6
# Overlap of a size that is right for a class.
_ALIKE = 0.4
# Overlap of sizes that have hardly anything in common: those in centimetres have 0.0001.
_UNLIKE = 0.05


def check_anchor_fit(model: nn.Module, dataset: Dataset) -> None:
    """Find anchors so unlike the objects of a class that none of them would ever be learnt.

    An object is given its best anchor if their overlap reaches the assigner's ``min_pos_iou``. Of a
    class whose median object does not reach it where an anchor stands on the very object, no box is
    learnt. That is warned of. If the sizes fit in another order, or have hardly anything in common
    with any object (as in another unit than the data), the anchors are refused.

    Args:
        model: the detector; without an ``Anchor3DHead`` that assigns by the overlap seen from
            above, nothing is checked.
        dataset: what it is to be trained on, with any wrappers.

    Raises:
        ValueError: if the sizes are in another order, or unlike all objects.
    """
    head: Any = getattr(model, 'bbox_head', None)
    generator = getattr(head, 'anchor_generator', None)
    assigners = getattr(head, 'bbox_assigner', None)
    if not isinstance(generator, Anchor3DRangeGenerator) or assigners is None:
        return
    assigners = assigners if isinstance(assigners, list) else [assigners] * len(generator.sizes)
    if any(type(each.iou_calculator).__name__ != 'BboxOverlapsNearest3D' for each in assigners):
        return
    needed = np.array([each.min_pos_iou for each in assigners])
    objects = _median_objects(dataset)
    seen = [label for label, size in enumerate(objects.values()) if size is not None]
    overlaps = {label: _best_overlaps(list(objects.values())[label], generator) for label in seen}
    for label, found in overlaps.items():
        reached = found >= needed
        if reached[label] if head.assign_per_class else reached.any():
            continue
        fitting = _fitting_order(generator.sizes, objects) if head.assign_per_class else None
        message = _message(label, head, objects, fitting)
        if fitting is not None or np.max(list(overlaps.values())) < _UNLIKE:
            raise ValueError(message)
        warnings.warn(message, stacklevel=2)


def _message(
    label: int, head: Any, objects: dict[str, np.ndarray | None], fitting: list | None
) -> str:
    name = list(objects)[label]
    size: Any = objects[name]
    sizes = [list(each) for each in head.anchor_generator.sizes]
    given = sizes[label] if head.assign_per_class else sizes
    hint = 'Give anchor_generator.sizes of such objects, in metres'
    if fitting is not None:
        hint = f'Put the sizes in the order of the classes {list(objects)}: {fitting}'
    return (
        f'anchor_generator.sizes and the annotations do not go together: objects of {name} are '
        f'{size[0]:.2f} x {size[1]:.2f} m (length, width), its anchors {given}, so that none of '
        f'the objects is given an anchor. {hint}'
    )


def _fitting_order(
    sizes: Sequence[Sequence[float]], objects: dict[str, np.ndarray | None]
) -> list[list[float]] | None:
    """Return another order of the sizes that is right for every class; None without one."""
    known = [size for size in objects.values() if size is not None]
    if len(known) != len(objects) or len(known) != len(sizes) or len(sizes) > _MOST_CLASSES:
        return None
    best = max(
        permutations(sizes),
        key=lambda order: sum(_overlap(each, size) for each, size in zip(known, order)),
    )
    fits = all(_overlap(each, size) > _ALIKE for each, size in zip(known, best))
    return [list(each) for each in best] if fits and list(best) != list(sizes) else None


def _best_overlaps(size: Any, generator: Anchor3DRangeGenerator) -> np.ndarray:
    """Overlap of an object with each anchor size that stands on it, at its best scale and turn."""
    return np.array(
        [
            max(_overlap(size, np.multiply(anchor, scale)) for scale in generator.scales)
            for anchor in generator.sizes
        ]
    )


def _overlap(one: Any, other: Any) -> float:
    """Intersection over union of two centred rectangles, the better of two turns."""
    (length, width), (along, across) = one[:2], other[:2]
    common = max(min(length, along) * min(width, across), min(length, across) * min(width, along))
    return common / (length * width + along * across - common)


def _median_objects(dataset: Dataset) -> dict[str, np.ndarray | None]:
    """Give each class's name and median length and width; None where no object was seen."""
    labels, sizes = [], []
    parts = [each for each in unwrapped(dataset) if isinstance(each, Custom3DDataset)]
    for part in parts:
        for index in np.unique(np.linspace(0, len(part) - 1, _FRAMES).astype(int)):
            annos = part.get_ann_info(int(index))
            labels.append(annos['gt_labels_3d'])
            sizes.append(annos['gt_bboxes_3d'].tensor[:, 3:5].numpy())
    if not parts:
        return {}
    label, size = np.concatenate(labels), np.concatenate(sizes)
    return {
        name: np.median(size[label == i], axis=0) if (label == i).any() else None
        for i, name in enumerate(parts[0].CLASSES)
    }
