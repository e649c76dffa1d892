"""Pictures of a data set's frames from above, with their ground truth and detections."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
from tqdm import tqdm

from mmdet3d.core.visualizer import BoxLayer, distinct_colors, draw_bev
from mmdet3d.datasets.builder import build_dataset
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.key_clouds import read_points_of
from mmdet3d.datasets.pipelines import Compose
from mmdet3d.datasets.ranges import range_of_detector, range_of_points
from mmdet3d.utils.config import find_datasets


def frame_name(dataset: Custom3DDataset, index: int) -> str:
    """Return what a frame is called, such as ``000008``; it can serve as a file's name."""
    name = dataset.get_data_info(index)['sample_idx']
    return name.replace('/', '_') if isinstance(name, str) else f'{name:06d}'


def draw_frame(
    dataset: Custom3DDataset,
    index: int,
    detections: Mapping[str, dict[str, Any]],
    path: str | Path,
    view: Sequence[float] | None = None,
    least_score: float = 0.0,
    pipeline: Sequence[dict] | None = None,
) -> None:
    """Draw a frame with its ground truth, if that is known, and detections.

    Args:
        dataset: the frames.
        index: which of them.
        detections: by the name of what found them ``boxes_3d``, ``scores_3d`` and ``labels_3d``,
            or such a dict under ``pts_bbox``.
        path: the picture to write; its folder is made.
        view: x_min, y_min, x_max, y_max of what is shown, in metres; None shows what the data set
            suggests.
        least_score: detections with a lower score are left out.
        pipeline: steps that load the points; None takes those of the data set's own pipeline, up to
            the one that reads them.
    """
    layers = _detections(detections, least_score)
    if dataset.has_truth(index):
        layers.insert(0, _truth(dataset, index))
    frame = dataset.get_data_info(index)
    dataset.pre_pipeline(frame)
    points = _load_points(dataset, frame, pipeline)
    title = f'frame {frame_name(dataset, index)}'
    draw_bev(points, layers, path, dataset.VIEW if view is None else view, title)


def _truth(dataset: Custom3DDataset, index: int) -> BoxLayer:
    annos = dataset.get_ann_info(index)
    names = list(annos.get('gt_names', ()))
    return BoxLayer('ground truth', annos['gt_bboxes_3d'], names, color='tab:green')


def _detections(detections: Mapping[str, dict[str, Any]], least_score: float) -> list[BoxLayer]:
    layers = []
    for (name, found), color in zip(detections.items(), distinct_colors(len(detections))):
        found = found.get('pts_bbox', found)
        boxes = found['boxes_3d'][found['scores_3d'] >= least_score]
        layers.append(BoxLayer(name, boxes, color=color))
    return layers


def _load_points(
    dataset: Custom3DDataset, frame: dict[str, Any], pipeline: Sequence[dict] | None
) -> np.ndarray:
    if pipeline:
        return Compose(pipeline)(frame)['points'].data.numpy()
    return read_points_of(dataset, frame).tensor.numpy()


def draw_frames(
    dataset: Custom3DDataset,
    results: Sequence[dict[str, Any]],
    out_dir: str | Path,
    pipeline: Sequence[dict] | None = None,
    view: Sequence[float] | None = None,
) -> None:
    """Draw every frame with its detections, and its ground truth if it is known.

    Args:
        dataset: the frames.
        results: detections of each frame, see :func:`draw_frame`.
        out_dir: folder the pictures are written to, such as ``000008.png``.
        pipeline: see :func:`draw_frame`.
        view: see :func:`draw_frame`.
    """
    for index, result in enumerate(tqdm(results, desc='pictures', unit='frame')):
        path = Path(out_dir) / f'{frame_name(dataset, index)}.png'
        draw_frame(dataset, index, {'detections': result}, path, view, pipeline=pipeline)


def browse(
    cfg: mmcv.Config, out_dir: str | Path, split: str = 'val', number: int | None = None
) -> None:
    """Draw the frames of a config's data as they are on disk, each once.

    Args:
        cfg: the config.
        out_dir: folder the pictures are written to, such as ``000008.png``.
        split: ``'train'``, ``'val'`` or ``'test'``.
        number: how many frames to draw; all if None.
    """
    parts = _build_parts(cfg.data[split])
    frames = [(part, index) for part in parts for index in range(len(part))]
    for part, index in tqdm(frames[:number], unit='frame'):
        path = Path(out_dir) / f'{frame_name(part, index)}.png'
        draw_frame(part, index, {}, path, view_of(cfg, part))


def _build_parts(section: Any) -> list[Custom3DDataset]:
    """Build the data sets of a section, without the wrappers that repeat or balance frames."""
    built = [build_dataset(each, {'test_mode': True}) for each in find_datasets(section)]
    # Several annotation files make several data sets.
    return [part for whole in built for part in getattr(whole, 'datasets', [whole])]


def view_of(cfg: mmcv.Config, dataset: Custom3DDataset) -> Sequence[float]:
    """Return x_min, y_min, x_max, y_max of what a detector sees, in metres.

    It is the range of its voxels, else that of the points its test pipeline keeps, else what the
    data set suggests.

    Args:
        cfg: config of the detector.
        dataset: the frames.
    """
    tested = next(find_datasets(cfg.data.test), {})
    limits = range_of_detector(cfg) or range_of_points(tested.get('pipeline') or ())
    if limits is None:
        return dataset.VIEW
    x_min, y_min, _, x_max, y_max, _ = limits
    return x_min, y_min, x_max, y_max
