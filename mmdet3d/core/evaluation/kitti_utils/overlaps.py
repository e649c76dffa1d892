"""How much boxes overlap: in the image, from above, and in space.

Boxes that are not finite, or not positive in size, overlap nothing.
"""

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.annotations import Annotations
from mmdet3d.core.evaluation.kitti_utils.classes import DONT_CARE
from mmdet3d.on_cpu.rotated_iou import rotated_overlaps


@np.errstate(invalid='ignore', over='ignore')
def image_ious(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Return the IoU of image boxes (N, 4) and (M, 4) as x1, y1, x2, y2; (N, M)."""
    shared = _image_intersections(boxes_a, boxes_b)
    return _iou(shared, _image_areas(boxes_a), _image_areas(boxes_b))


@np.errstate(invalid='ignore', over='ignore')
def image_covers(boxes: np.ndarray, covers: np.ndarray) -> np.ndarray:
    """Return the largest part of each image box (N, 4) that one of ``covers`` (M, 4) hides; (N,).

    With no cover at all it is 0.
    """
    parts = _parts(_image_intersections(boxes, covers), _image_areas(boxes)[:, None])
    return parts.max(axis=1, initial=0.0)


@np.errstate(invalid='ignore', over='ignore')
def bev_ious(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Return the IoU, seen from above, of camera boxes (N, 7) and (M, 7); (N, M)."""
    shared = rotated_overlaps(_footprints(boxes_a), _footprints(boxes_b))
    return _iou(shared, boxes_a[:, 3] * boxes_a[:, 5], boxes_b[:, 3] * boxes_b[:, 5])


@np.errstate(invalid='ignore', over='ignore')
def box_ious(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Return the IoU in space of camera boxes (N, 7) and (M, 7); (N, M).

    A box is x, y, z of its bottom centre, length, height, width and rotation_y; y points down, so
    it spans y - height to y.
    """
    bottom_a, bottom_b = boxes_a[:, None, 1], boxes_b[None, :, 1]
    top_a, top_b = bottom_a - boxes_a[:, None, 4], bottom_b - boxes_b[None, :, 4]
    heights = np.minimum(bottom_a, bottom_b) - np.maximum(top_a, top_b)
    shared = rotated_overlaps(_footprints(boxes_a), _footprints(boxes_b)) * heights.clip(min=0)
    return _iou(shared, boxes_a[:, 3:6].prod(axis=1), boxes_b[:, 3:6].prod(axis=1))


def frame_ious(gt: Annotations, dt: Annotations, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the IoU of every ground truth box with every detection of its frame.

    Args:
        gt: ground truth of F frames.
        dt: detections of the same frames.
        metric: ``'bbox'``, ``'bev'`` or ``'3d'``.

    Returns:
        the frames' (G_i, D_i) matrices, each flattened, end to end, (sum G_i * D_i,) float64; and
        where each begins, int64 of shape (F,).
    """
    measure = {'bbox': image_ious, 'bev': bev_ious, '3d': box_ious}[metric]
    gt_boxes, dt_boxes = (gt.bbox, dt.bbox) if metric == 'bbox' else (gt.boxes, dt.boxes)
    sizes = np.diff(gt.starts) * np.diff(dt.starts)
    starts = np.cumsum(sizes) - sizes
    ious = np.zeros(sizes.sum())
    for frame in np.flatnonzero(sizes):
        block = measure(gt_boxes[gt.frame(frame)], dt_boxes[dt.frame(frame)])
        ious[starts[frame] : starts[frame] + sizes[frame]] = block.ravel()
    return ious, starts


def dontcare_covers(gt: Annotations, dt: Annotations) -> np.ndarray:
    """Return the largest part of each detection in the image inside one DontCare region; (D,)."""
    covers = np.zeros(len(dt.names))
    dontcare = gt.names == DONT_CARE
    owners = np.searchsorted(gt.starts, np.flatnonzero(dontcare), side='right') - 1
    for frame in np.unique(owners):
        regions = gt.bbox[gt.frame(frame)][dontcare[gt.frame(frame)]]
        covers[dt.frame(frame)] = image_covers(dt.bbox[dt.frame(frame)], regions)
    return covers


def _image_intersections(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    lower = np.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    upper = np.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:])
    return (upper - lower).clip(min=0).prod(axis=2)


def _image_areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _footprints(boxes: np.ndarray) -> np.ndarray:
    """Return (N, 5) rectangles in the (x, z) plane, turned counter-clockwise from x towards z.

    rotation_y turns from z towards x, about the axis that points down, hence the sign.
    """
    footprints = boxes[:, [0, 2, 3, 5, 6]]
    footprints[:, 4] *= -1
    return footprints


def _iou(shared: np.ndarray, size_a: np.ndarray, size_b: np.ndarray) -> np.ndarray:
    return _parts(shared, size_a[:, None] + size_b[None, :] - shared)


def _parts(shared: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide (N, M) by (N, M) or (N, 1), in [0, 1]; 0 where nothing finite is shared."""
    shares = (shared > 0) & (whole < np.inf)
    return np.divide(shared, whole, out=np.zeros_like(shared), where=shares).clip(max=1)
