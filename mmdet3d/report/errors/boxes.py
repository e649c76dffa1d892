"""What there is to find, and what was found, in rows over all frames of a data set."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from mmdet3d.core.evaluation.kitti_utils.rules import DIFFICULTIES
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.key_clouds import key_cloud
from mmdet3d.datasets.kitti.evaluation import KittiEvaluation
from mmdet3d.datasets.left_out import finite_detections
from mmdet3d.ops import points_in_boxes_all


@dataclass(frozen=True)
class Boxes:
    """Boxes of all frames.

    Attributes:
        frames: index of the frame of each box, of shape (N,), ascending.
        boxes: x, y, z of the bottom centre, sizes, yaw, in LiDAR coordinates, of shape (N, 7).
        labels: index of the class of each, of shape (N,).
        points: how many points of its frame's own cloud are in each, of shape (N,).
    """

    frames: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def ranges(self) -> np.ndarray:
        """Distance of each centre from the sensor, seen from above, in metres, of shape (N,)."""
        return np.hypot(self.boxes[:, 0], self.boxes[:, 1])


@dataclass(frozen=True)
class Objects(Boxes):
    """Ground truth.

    Attributes:
        counted: bool of shape (N,). Others are neutral: finding one is neither right nor wrong.
    """

    counted: np.ndarray


@dataclass(frozen=True)
class Detections(Boxes):
    """What a detector found.

    Attributes:
        scores: of shape (N,).
    """

    scores: np.ndarray

    def above(self, least_score: float) -> 'Detections':
        """Return those with this score or more."""
        keep = self.scores >= least_score
        return Detections(*(getattr(self, column.name)[keep] for column in fields(self)))


def read_objects(
    dataset: Custom3DDataset, clouds: Sequence[np.ndarray], labels: np.ndarray, counted: np.ndarray
) -> Objects:
    """Gather the ground truth that has a class.

    Args:
        dataset: the frames; all have annotations.
        clouds: points of each frame, of shape (M, 3) or more columns.
        labels: class of each object that the data set annotates, -1 for none, of shape (G,).
        counted: whether it counts, bool of shape (G,).
    """
    parts = [_rows(dataset.get_ann_info(index)['gt_bboxes_3d']) for index in range(len(dataset))]
    frames = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    points = np.concatenate([_count_points(*each) for each in zip(clouds, parts)])
    kept = labels >= 0
    rows = np.concatenate(parts)[kept]
    return Objects(frames[kept], rows, labels[kept], points[kept], counted[kept])


def read_detections(
    dataset: Custom3DDataset,
    clouds: Sequence[np.ndarray],
    results: Sequence[dict[str, Any]],
) -> Detections:
    """Gather the detections that the data set's own evaluation would look at.

    Args:
        dataset: the frames.
        clouds: points of each frame.
        results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or such a dict under
            ``pts_bbox``.
    """
    found = [
        _visible(dataset, index, deepcopy(result.get('pts_bbox', result)))
        for index, result in enumerate(results)
    ]
    rows, labels, scores = zip(*found)
    frames = np.repeat(np.arange(len(rows)), [len(part) for part in rows])
    points = np.concatenate([_count_points(*each) for each in zip(clouds, rows)])
    return Detections(
        frames, np.concatenate(rows), np.concatenate(labels), points, np.concatenate(scores)
    )


def relabelled(
    results: Sequence[dict[str, Any]], own: Sequence[str], wanted: Sequence[str]
) -> list[dict[str, Any]]:
    """Count labels by another order of the classes; detections of other classes are left out.

    Args:
        results: see :func:`read_detections`.
        own: the classes that their labels are of.
        wanted: the classes that they are to be of.
    """
    lookup = torch.tensor([list(wanted).index(name) if name in wanted else -1 for name in own])
    changed = []
    for result in results:
        found = result.get('pts_bbox', result)
        labels = lookup[found['labels_3d'].cpu()]
        columns = {**found, 'labels_3d': labels}
        changed.append({key: value[labels >= 0] for key, value in columns.items()})
    return changed


def read_clouds(dataset: Custom3DDataset) -> list[np.ndarray]:
    """Load the points of every frame, without sweeps before it, each of shape (M, 3)."""
    return [key_cloud(dataset, index)[:, :3] for index in range(len(dataset))]


def _visible(
    dataset: Custom3DDataset, index: int, found: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (N, 7), labels and scores (N,) of the detections of a frame that are reported."""
    if isinstance(dataset, KittiEvaluation):
        return _visible_to_kitti(dataset, dataset.data_infos[index], found)
    keep = finite_detections(found)
    return (
        _rows(found['boxes_3d'])[keep],
        found['labels_3d'].cpu().numpy()[keep],
        found['scores_3d'].cpu().numpy()[keep],
    )


def _visible_to_kitti(
    dataset: KittiEvaluation, info: dict[str, Any], found: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leave out what is out of view, and what is so low in the image that it never counts."""
    seen = dataset.convert_valid_bboxes(found, info)
    top, bottom = np.clip(seen['bbox'][:, 1::2], 0, info['image']['image_shape'][0]).T
    keep = bottom - top >= (DIFFICULTIES[-1].min_height if dataset.has_camera() else 0)
    rows = seen['box3d_lidar'][:, :7].astype(np.float64)
    return rows[keep], seen['label_preds'][keep], seen['scores'][keep]


def _rows(boxes: Any) -> np.ndarray:
    return boxes.tensor[:, :7].cpu().numpy().astype(np.float64)


def _count_points(cloud: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Count the points (M, 3) in each box (N, 7)."""
    points, boxes = (torch.from_numpy(np.ascontiguousarray(each))[None] for each in (cloud, rows))
    return points_in_boxes_all(points.double(), boxes)[0].sum(dim=0).numpy()
