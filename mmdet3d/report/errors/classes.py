"""What errors are counted for: the classes, and which objects count."""

from dataclasses import dataclass

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations
from mmdet3d.core.evaluation.kitti_utils.classes import evaluated_classes
from mmdet3d.core.evaluation.kitti_utils.details import counted_objects
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.kitti.evaluation import KittiEvaluation

# nuScenes' evaluation asks neither for the heading of a cone nor for the front of a barrier.
_PERIODS = {'traffic_cone': 0.0, 'barrier': np.pi}
# Columns of KITTI's camera boxes (length, height, width) in those of LiDAR boxes.
_AS_CAMERA = [0, 1, 2, 3, 5, 4, 6]


@dataclass(frozen=True)
class ErrorClass:
    """A class.

    Attributes:
        name: its name.
        min_overlap: a detection finds an object if their IoU in space is above this.
        period: headings that differ by so much are alike, in radians; 0 where none counts.
    """

    name: str
    min_overlap: float
    period: float


def error_classes(dataset: Custom3DDataset) -> tuple[list[ErrorClass], np.ndarray, np.ndarray]:
    """Tell what is to be found in a data set.

    In KITTI's layout it is what KITTI's evaluation asks for: its strict overlaps, and at the
    hardest difficulty. Elsewhere it is every object of a class in the detector's range, by the
    loose overlaps: 0.5 for objects longer than 2.5 m on average, else 0.25.

    Args:
        dataset: the frames; all have annotations.

    Returns:
        the classes in label order; the class of each object that the data set annotates, int64 of
        shape (G,), -1 for none; and whether it counts, bool of shape (G,).
    """
    if isinstance(dataset, KittiEvaluation):
        annos = [info['annos'] for info in dataset.data_infos]
        kitti, labels, counted = counted_objects(annos, dataset.CLASSES, dataset.min_overlaps)
        overlaps = [cls.strict[-1] for cls in kitti]
    else:
        labels, counted, overlaps = _of_any(dataset)
    classes = [
        ErrorClass(name, overlap, _PERIODS.get(name, 2 * np.pi))
        for name, overlap in zip(dataset.CLASSES, overlaps)
    ]
    return classes, labels, counted


def _of_any(dataset: Custom3DDataset) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Labels, what counts, and least overlaps, from what the data set annotates."""
    annos = [dataset.get_ann_info(index) for index in range(len(dataset))]
    labels = np.concatenate([each['gt_labels_3d'] for each in annos])
    rows = np.concatenate([each['gt_bboxes_3d'].tensor[:, :7].numpy() for each in annos])
    weights = [each.get('gt_weights_3d', np.ones(len(each['gt_labels_3d']))) for each in annos]
    counted = (labels >= 0) & (np.concatenate(weights) > 0) & _in_range(dataset, rows)
    names = np.array(['', *dataset.CLASSES])[labels + 1]
    starts = np.cumsum([0, *(len(each['gt_labels_3d']) for each in annos)])
    stacked = Annotations(starts, names, np.zeros((len(names), 4)), rows[:, _AS_CAMERA])
    classes, _ = evaluated_classes(list(dataset.CLASSES), {}, stacked)
    return labels, counted, [cls.loose[-1] for cls in classes]


def _in_range(dataset: Custom3DDataset, rows: np.ndarray) -> np.ndarray:
    """Tell which boxes (N, 7) have their centre where the detector looks, bool of shape (N,)."""
    if dataset.detection_range is None:
        return np.ones(len(rows), dtype=bool)
    x_min, y_min, _, x_max, y_max, _ = dataset.detection_range
    x, y = rows[:, 0], rows[:, 1]
    return (x_min < x) & (x < x_max) & (y_min < y) & (y < y_max)
