"""Detections in the official form: boxes of the map, with attributes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmcv_patched.full_disk import atomic_write
from mmdet3d.datasets.left_out import NO_SIZE, NOT_FINITE, finite_detections, sized_detections
from mmdet3d.datasets.nuscenes.classes import attributes_of
from mmdet3d.datasets.nuscenes.quaternions import about_z, multiply, rotation_matrix

# The most boxes per sample that the task admits.
MAX_BOXES = 500


def sample_results(
    detections: Mapping[str, Any], info: Mapping[str, Any], class_names: Sequence[str]
) -> list[dict[str, Any]]:
    """Turn the detections of a sample into the records of the official JSON.

    Args:
        detections: ``boxes_3d`` (N LiDAR boxes, with velocities or without), ``scores_3d`` (N,)
            and ``labels_3d`` (N,). The ``MAX_BOXES`` of the highest scores are kept; see
            :func:`count_left_out`.
        info: the sample's entry of the info file.
        class_names: names of the classes, in label order.

    Returns:
        a dict for each: ``sample_token``, ``translation`` of the middle, ``size`` (width, length,
        height), ``rotation`` (quaternion), ``velocity``, ``detection_name``, ``detection_score``
        and ``attribute_name``.

    Raises:
        ValueError: if a label has no name.
    """
    scores = detections['scores_3d'].detach().cpu().numpy().astype(np.float64)
    sound = finite_detections(detections) & sized_detections(detections)
    kept = np.flatnonzero(sound.numpy())
    best = kept[np.argsort(-scores[kept], kind='stable')[:MAX_BOXES]]
    names = _names(detections['labels_3d'].cpu().numpy()[best], class_names)
    boxes = detections['boxes_3d'].to('cpu')[best.copy()]
    columns = map_boxes(boxes, info)
    records = zip(*(column.tolist() for column in columns), names, scores[best].tolist())
    attributes = attributes_of(names, columns[3])
    return [
        {
            'sample_token': info['token'],
            'translation': translation,
            'size': size,
            'rotation': rotation,
            'velocity': velocity,
            'detection_name': name,
            'detection_score': score,
            'attribute_name': attribute,
        }
        for (translation, size, rotation, velocity, name, score), attribute in zip(
            records, attributes
        )
    ]


def count_left_out(detections: Mapping[str, Any]) -> Counter:
    """Count the detections of a sample that its records leave out, by the reason.

    Args:
        detections: see :func:`sample_results`.
    """
    finite = finite_detections(detections)
    kept = int((finite & sized_detections(detections)).sum())
    counts = {
        NOT_FINITE: int((~finite).sum()),
        NO_SIZE: int(finite.sum()) - kept,
        f'are beyond the {MAX_BOXES} best of a sample': max(kept - MAX_BOXES, 0),
    }
    return +Counter(counts)


def _names(labels: np.ndarray, class_names: Sequence[str]) -> list[str]:
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(class_names):
        raise ValueError(
            f'detections have labels {labels.min()} to {labels.max()}, the data set has the '
            f'{len(class_names)} classes {list(class_names)}; use the classes the model was '
            'trained with'
        )
    return [class_names[label] for label in labels]


def map_boxes(
    boxes: Any, info: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Turn LiDAR boxes to the map's frame.

    Args:
        boxes: N ``LiDARInstance3DBoxes``; columns 7 and 8, if any, are velocities.
        info: the sample's entry of the info file.

    Returns:
        middles (N, 3), sizes (N, 3: width, length, height), rotations (N, 4) and velocities (N, 2).
    """
    rows = boxes.tensor.numpy().astype(np.float64)
    middles = boxes.gravity_center.numpy().astype(np.float64)
    velocity = np.zeros((len(rows), 3))
    velocity[:, :2] = rows[:, 7:9] if rows.shape[1] >= 9 else 0.0
    rotation = about_z(rows[:, 6])
    for frame in ('lidar2ego', 'ego2global'):
        quaternion = np.asarray(info[f'{frame}_rotation'], dtype=np.float64)
        quaternion = quaternion / np.linalg.norm(quaternion)
        matrix = rotation_matrix(quaternion)
        middles = middles @ matrix.T + info[f'{frame}_translation']
        velocity = velocity @ matrix.T
        rotation = multiply(quaternion, rotation)
    return middles, rows[:, [4, 3, 5]], rotation, velocity[:, :2]


def write_results(
    path: str | Path, results: Mapping[str, list[dict]], modality: Mapping[str, bool]
) -> None:
    """Write the official JSON, atomically.

    Args:
        path: where to.
        results: the records of each sample, under its token.
        modality: which sensors and data were used: ``use_lidar``, ``use_camera``, ``use_radar``,
            ``use_map`` and ``use_external``.
    """
    content = json.dumps({'meta': dict(modality), 'results': dict(results)})
    with atomic_write(path) as file:
        file.write(content.encode())
