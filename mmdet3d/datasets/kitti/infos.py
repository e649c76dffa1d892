"""The entry of one frame in an info file, in mmdetection3d's format."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.rules import DIFFICULTIES
from mmdet3d.datasets.kitti.frame_ids import FrameId, file_stem
from mmdet3d.datasets.teacher_labels import BOXES


def frame_path(folder: str, kind: str, index: FrameId, suffix: str) -> str:
    """Give a frame's file relative to the dataset's root, like ``training/calib/000008.txt``."""
    return f'{folder}/{kind}/{file_stem(index)}{suffix}'


def camera_rows(annos: Mapping[str, Any]) -> np.ndarray:
    """Gather the boxes of annotations, in rectified camera coordinates.

    Args:
        annos: ``location`` (N, 3), ``dimensions`` (N, 3) and ``rotation_y`` (N,).

    Returns:
        of shape (N, 7): x, y, z of the bottom centre, length, height, width, rotation_y.
    """
    columns = (('location', 3), ('dimensions', 3), ('rotation_y', 1))
    return np.concatenate([np.reshape(annos[key], (-1, width)) for key, width in columns], axis=1)


def mark_keys(annos: Mapping[str, Any]) -> dict[str, Any]:
    """Name the keys of a teacher's scores and ignored flags in annotations.

    Annotations of every kind have a ``score``, which is 0 or -1 in ground truth. It is a teacher's
    where the boxes of its detector stand beside it.

    Args:
        annos: the annotations.

    Returns:
        ``scores``, None if there are no teacher's, and ``ignored``.
    """
    return {'scores': 'score' if BOXES in annos else None, 'ignored': 'ignored'}


def difficulty_levels(annos: dict[str, np.ndarray]) -> np.ndarray:
    """Grade objects by box height, occlusion and truncation.

    Args:
        annos: bbox (N, 4) in pixels, occluded (N,) and truncated (N,).

    Returns:
        int32 array (N,): 0 easy, 1 moderate, 2 hard, -1 harder than that.
    """
    height = annos['bbox'][:, 3] - annos['bbox'][:, 1]
    visibility = height, annos['occluded'], annos['truncated']
    within = ~np.stack([level.excludes(*visibility) for level in DIFFICULTIES], axis=1)
    # Each level's limits contain the one before: the first that holds is the object's.
    return np.where(within.any(axis=1), within.argmax(axis=1), -1).astype(np.int32)


def frame_info(
    index: FrameId,
    calib: dict[str, np.ndarray],
    image_shape: tuple[int, int],
    image_path: str,
    velodyne_path: str,
) -> dict[str, Any]:
    """Build the part of an entry that frames without labels have too.

    Args:
        index: the frame's id.
        calib: the matrices of the frame, each (4, 4).
        image_shape: height and width in pixels.
        image_path: the image, relative to the dataset's root.
        velodyne_path: the cloud, relative to the dataset's root.

    Returns:
        a dict with image, point_cloud and calib.
    """
    return {
        'image': {
            'image_idx': index,
            'image_path': image_path,
            'image_shape': np.array(image_shape, dtype=np.int32),
        },
        'point_cloud': {'num_features': 4, 'velodyne_path': velodyne_path},
        'calib': calib,
    }


def complete_annos(annos: dict[str, np.ndarray], num_points: np.ndarray) -> dict[str, np.ndarray]:
    """Add what a label file does not say to its annotations.

    Args:
        annos: the annotations of a frame, N objects of which T are not DontCare.
        num_points: of shape (T,), points in the box of each object that is not DontCare.

    Returns:
        the annotations with difficulty and num_points_in_gt (-1 for DontCare), each int32 of shape
        (N,).
    """
    num_points_in_gt = np.full(len(annos['name']), -1, dtype=np.int32)
    num_points_in_gt[annos['name'] != 'DontCare'] = num_points
    return {
        **annos,
        'difficulty': difficulty_levels(annos),
        'num_points_in_gt': num_points_in_gt,
    }
