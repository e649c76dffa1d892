"""What is drawn of a data set's frame: its name, its points, and layers of boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mmcv
import numpy as np

from mmdet3d.core.visualizer import BoxLayer, CameraView, distinct_colors
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.key_clouds import read_points_of
from mmdet3d.datasets.pipelines import Compose
from mmdet3d.datasets.ranges import range_of_detector, range_of_points
from mmdet3d.utils.config import find_datasets

TRUTH = 'ground truth'


def frame_name(dataset: Custom3DDataset, index: int) -> str:
    """Return what a frame is called, such as ``000008``; it can serve as a file's name."""
    name = dataset.get_data_info(index)['sample_idx']
    return name.replace('/', '_') if isinstance(name, str) else f'{name:06d}'


@dataclass(frozen=True)
class Frame:
    """A frame ready to be drawn.

    Attributes:
        name: see :func:`frame_name`.
        points: of shape (N, C), x, y, z first, in metres; without the sweeps before it.
        layers: the ground truth, if that is known, and detections, each box with its label.
        view: x_min, y_min, x_max, y_max of what is shown from above, in metres.
        cameras: those that the data set knows of.
    """

    name: str
    points: np.ndarray
    layers: Sequence[BoxLayer]
    view: Sequence[float]
    cameras: Sequence[CameraView] = ()

    @property
    def title(self) -> str:
        """What stands above its pictures."""
        return f'frame {self.name}'

    @property
    def images(self) -> list[CameraView]:
        """The cameras whose image files are there."""
        return [camera for camera in self.cameras if Path(camera.path).is_file()]

    @property
    def columns(self) -> list[str]:
        """Names of the columns of its points after z."""
        return point_columns(self.points.shape[1])


def load_frame(
    dataset: Custom3DDataset,
    index: int,
    detections: Mapping[str, dict[str, Any]],
    view: Sequence[float] | None = None,
    least_score: float = 0.0,
    pipeline: Sequence[dict] | None = None,
) -> Frame:
    """Load what is drawn of a frame.

    Args:
        dataset: the frames.
        index: which of them.
        detections: by the name of what found them ``boxes_3d``, ``scores_3d`` and ``labels_3d``,
            or such a dict under ``pts_bbox``.
        view: x_min, y_min, x_max, y_max of what is shown, in metres; None shows what the data set
            suggests.
        least_score: detections with a lower score are left out.
        pipeline: steps that load the points; None takes those of the data set's own pipeline, up to
            the one that reads them.
    """
    layers = detection_layers(detections, dataset.CLASSES, least_score)
    if dataset.has_truth(index):
        layers.insert(0, truth_layer(dataset, index))
    points = _load_points(dataset, index, pipeline)
    view = dataset.VIEW if view is None else view
    return Frame(frame_name(dataset, index), points, layers, view, dataset.cameras(index))


def _load_points(
    dataset: Custom3DDataset, index: int, pipeline: Sequence[dict] | None
) -> np.ndarray:
    frame = dataset.get_data_info(index)
    dataset.pre_pipeline(frame)
    if pipeline:
        return Compose(pipeline)(frame)['points'].data.numpy()
    return read_points_of(dataset, frame).tensor.numpy()


def point_columns(count: int) -> list[str]:
    """Name the columns after z of points that have as many columns."""
    return ['reflectance', *(f'column {number}' for number in range(5, count + 1))][: count - 3]


def truth_layer(dataset: Custom3DDataset, index: int) -> BoxLayer:
    """Give the ground truth of a frame, each box with the name of its class.

    Raises:
        KeyError: if it is not known.
    """
    annos = dataset.get_ann_info(index)
    names = list(annos.get('gt_names', ()))
    return BoxLayer(TRUTH, annos['gt_bboxes_3d'], names, color='tab:green')


def detection_layers(
    detections: Mapping[str, dict[str, Any]], classes: Sequence[str], least_score: float = 0.0
) -> list[BoxLayer]:
    """Give a layer for each that has detected objects, each box with its class and score.

    Args:
        detections: see :func:`load_frame`.
        classes: names of the classes, in label order; a label without a name is shown as a number.
        least_score: detections with a lower score are left out.
    """
    layers = []
    for (name, found), color in zip(detections.items(), distinct_colors(len(detections))):
        found = found.get('pts_bbox', found)
        kept = found['scores_3d'] >= least_score
        rows = zip(found['labels_3d'][kept].tolist(), found['scores_3d'][kept].tolist())
        labels = [f'{label_name(label, classes)} {score:.2f}' for label, score in rows]
        layers.append(BoxLayer(name, found['boxes_3d'][kept], labels, color))
    return layers


def label_name(label: int, classes: Sequence[str]) -> str:
    """Return the name of a label's class; its number where it has no name."""
    return classes[label] if label < len(classes) else str(label)


def without_scores(layers: Sequence[BoxLayer]) -> list[BoxLayer]:
    """Leave only the ground truth's labels: from above, those of all boxes hide the scene."""
    return [layer if layer.name == TRUTH else replace(layer, labels=None) for layer in layers]


def without_labels(layers: Sequence[BoxLayer]) -> list[BoxLayer]:
    """Leave the boxes alone."""
    return [replace(layer, labels=None) for layer in layers]


def view_of(cfg: mmcv.Config, dataset: Custom3DDataset | None = None) -> Sequence[float]:
    """Return x_min, y_min, x_max, y_max of what a detector sees, in metres.

    It is the range of its voxels, else that of the points its test pipeline keeps, else what the
    data set suggests.

    Args:
        cfg: config of the detector.
        dataset: the frames; None where there is no data set.
    """
    tested = next(find_datasets(cfg.data.test), {})
    limits = range_of_detector(cfg) or range_of_points(tested.get('pipeline') or ())
    if limits is None:
        return (dataset or Custom3DDataset).VIEW
    x_min, y_min, _, x_max, y_max, _ = limits
    return x_min, y_min, x_max, y_max
