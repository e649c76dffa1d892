"""Detections in KITTI's form: boxes of the camera, with their outline in the image."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from mmdet3d.core.bbox import Box3DMode, limit_period
from mmdet3d.datasets.kitti.calib import camera_from_lidar
from mmdet3d.datasets.left_out import (
    NO_SIZE,
    NOT_FINITE,
    finite_detections,
    report_left_out,
    sized_detections,
)

# Corners nearer to the camera's plane, or behind it, are taken to be this far in front of it: their
# images then lie far out on their own side, so that an outline cut by the plane ends at the border
# of the image.
_MIN_DEPTH = 1e-2

_OUT_OF_RANGE = 'have their bottom centre outside the range {}'
_BEHIND = 'lie behind the camera'
_OUT_OF_IMAGE = 'lie outside the image'
_RANGE_CAUSE = (
    'the range is pcd_limit_range of the data set or that of the detector; do the height of the '
    'sensor and the axes of the clouds (x forward, y left, z up) fit it?'
)
_CAMERA_CAUSE = (
    'what the camera does not see is not evaluated; does calib (P2, R0_rect, Tr_velo_to_cam) fit '
    'the clouds, and the image its size?'
)


def image_outlines(
    corners: torch.Tensor, projection: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Smallest upright rectangles around boxes in the image.

    Args:
        corners: of shape (N, 8, 3), corners in rectified camera coordinates, in metres.
        projection: projection of the camera of shape (4, 4) or (3, 4), KITTI's P2.

    Returns:
        of shape (N, 4), rectangles (x1, y1, x2, y2) in pixels, not clipped; and bool of shape (N,),
        whether any part of the box is in front of the camera.
    """
    matrix = corners.new_tensor(np.asarray(projection)[:3])
    lateral, depth = corners[..., :2], corners[..., 2:]
    in_front = torch.cat([lateral, depth.clamp(min=_MIN_DEPTH)], dim=-1)
    projected = in_front @ matrix[:, :3].T + matrix[:, 3]
    pixels = projected[..., :2] / projected[..., 2:]
    outlines = torch.cat([pixels.amin(dim=1), pixels.amax(dim=1)], dim=1)
    return outlines, (depth > _MIN_DEPTH).flatten(1).any(dim=1)


def visible_detections(
    detections: Mapping[str, Any],
    info: Mapping[str, Any],
    limit_range: Sequence[float] | None,
    in_camera: bool = True,
) -> dict[str, Any]:
    """Keep the detections that KITTI's camera sees and whose bottom centre is inside a range.

    Args:
        detections: ``boxes_3d`` (N boxes), ``scores_3d`` (N,) and ``labels_3d`` (N,) of a frame.
        info: the frame's entry of the info file.
        limit_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres, in the coordinates of the
            boxes; None for no limit.
        in_camera: leave out what the camera does not see.

    Returns:
        arrays of the K that are kept: ``bbox`` (K, 4) pixels, not clipped to the image,
        ``box3d_camera`` (K, 7), ``box3d_lidar`` (K, 7 or more), ``scores`` (K,), ``label_preds``
        (K,); ``sample_idx``; and ``left_out``, a ``Counter`` of the others by the first reason.
    """
    boxes = detections['boxes_3d'].to('cpu')
    boxes.limit_yaw(offset=0.5, period=2 * np.pi)
    camera_boxes = boxes.convert_to(Box3DMode.CAM, camera_from_lidar(info['calib']))
    outlines, in_front = image_outlines(camera_boxes.corners, info['calib']['P2'])

    reasons = {NOT_FINITE: finite_detections(detections), NO_SIZE: sized_detections(detections)}
    if limit_range is not None:
        reasons[_out_of(limit_range)] = _in_range(boxes.bottom_center, limit_range)
    if in_camera:
        reasons[_BEHIND] = in_front
        reasons[_OUT_OF_IMAGE] = _in_image(outlines, info['image']['image_shape'])
    keep, left_out = _sift(len(boxes), reasons)
    return {
        'bbox': outlines[keep].numpy(),
        'box3d_camera': camera_boxes.tensor[keep].numpy(),
        'box3d_lidar': boxes.tensor[keep].numpy(),
        'scores': detections['scores_3d'].cpu()[keep].numpy(),
        'label_preds': detections['labels_3d'].cpu()[keep].numpy(),
        'sample_idx': info['image']['image_idx'],
        'left_out': left_out,
    }


def report_invisible(
    visible: Sequence[Mapping[str, Any]],
    total: int,
    limit_range: Sequence[float] | None,
    logger: Any = None,
) -> None:
    """Say in one line how many detections :func:`visible_detections` left out of all frames.

    Args:
        visible: what it gave for each frame.
        total: how many detections there are.
        limit_range: what it was given.
        logger: see :func:`mmdet3d.datasets.left_out.report_left_out`.
    """
    causes = {
        _out_of(limit_range): _RANGE_CAUSE,
        _BEHIND: _CAMERA_CAUSE,
        _OUT_OF_IMAGE: _CAMERA_CAUSE,
    }
    counts: Counter = sum((each['left_out'] for each in visible), Counter())
    report_left_out(counts, total, logger, causes)


def has_image_boxes(annos: Sequence[Mapping[str, np.ndarray]]) -> bool:
    """Tell whether an object has a box in the image with any area, or there is no object.

    Args:
        annos: annotations of each frame, with ``name`` (N,) and ``bbox`` (N, 4).
    """
    boxes = [
        np.reshape(each['bbox'], (-1, 4))[np.asarray(each['name']) != 'DontCare'] for each in annos
    ]
    rows = np.concatenate(boxes) if boxes else np.zeros((0, 4))
    return not len(rows) or bool((rows[:, 2:] > rows[:, :2]).all(axis=1).any())


def _out_of(limit_range: Sequence[float] | None) -> str:
    limits = ', '.join(f'{limit:g}' for limit in limit_range or ())
    return _OUT_OF_RANGE.format(f'({limits}) m')


def _in_range(centre: torch.Tensor, limit_range: Sequence[float]) -> torch.Tensor:
    limits = centre.new_tensor(limit_range)
    return ((centre > limits[:3]) & (centre < limits[3:])).all(dim=1)


def _in_image(outlines: torch.Tensor, image_shape: Sequence[int]) -> torch.Tensor:
    height, width = image_shape[:2]
    far_corner = outlines.new_tensor([width, height])
    return ((outlines[:, :2] < far_corner) & (outlines[:, 2:] > 0)).all(dim=1)


def _sift(number: int, passed: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, Counter]:
    """Keep what passes all tests; count the others under the first one that they fail."""
    keep, left_out = torch.ones(number, dtype=torch.bool), Counter[str]()
    for reason, fine in passed.items():
        left_out[reason] += int((keep & ~fine).sum())
        keep = keep & fine
    return keep, +left_out


def kitti_anno(
    visible: Mapping[str, Any], class_names: Sequence[str], image_shape: Sequence[int]
) -> dict[str, np.ndarray]:
    """Write visible detections as KITTI annotates objects.

    Args:
        visible: what :func:`visible_detections` returns for a frame.
        class_names: names of the classes, in label order.
        image_shape: (height, width) the outlines are clipped to.

    Returns:
        arrays of K entries: ``name``, ``truncated``, ``occluded``, ``alpha`` (radians), ``bbox``
        (K, 4), ``dimensions`` (K, 3: length, height, width), ``location`` (K, 3), ``rotation_y``,
        ``score``, ``sample_idx``.

    Raises:
        ValueError: if a label has no name.
    """
    labels, boxes = visible['label_preds'].astype(np.int64), visible['box3d_camera']
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(class_names):
        raise ValueError(
            f'detections have labels {labels.min()} to {labels.max()}, the data set has the '
            f'{len(class_names)} classes {list(class_names)}; use the classes the model was '
            'trained with'
        )
    height, width = image_shape[:2]
    # The observation angle: the heading seen along the ray from the camera to the object.
    ray = np.arctan2(-visible['box3d_lidar'][:, 1], visible['box3d_lidar'][:, 0])
    alpha = boxes[:, 6] - ray
    return {
        'name': np.array([class_names[label] for label in labels], dtype=np.str_),
        'truncated': np.zeros(len(labels)),
        'occluded': np.zeros(len(labels), dtype=np.int64),
        'alpha': limit_period(alpha, period=2 * np.pi),
        'bbox': np.clip(visible['bbox'], 0, [width, height, width, height]),
        'dimensions': boxes[:, 3:6],
        'location': boxes[:, :3],
        'rotation_y': boxes[:, 6],
        'score': visible['scores'],
        'sample_idx': np.full(len(labels), visible['sample_idx']),
    }
