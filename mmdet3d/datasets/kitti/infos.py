"""The entry of one frame in an info file, in mmdetection3d's format."""

from typing import Any

import numpy as np

from mmdet3d.core.evaluation.kitti_utils.rules import DIFFICULTIES


def frame_path(folder: str, kind: str, index: int, suffix: str) -> str:
    """Give a frame's file relative to the dataset's root, like ``training/calib/000008.txt``."""
    return f'{folder}/{kind}/{index:06d}{suffix}'


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
    folder: str, index: int, calib: dict[str, np.ndarray], image_shape: tuple[int, int]
) -> dict[str, Any]:
    """Build the part of an entry that frames without labels have too.

    Args:
        folder: 'training' or 'testing'.
        index: the frame's id.
        calib: the matrices of the frame, each (4, 4).
        image_shape: height and width in pixels.

    Returns:
        a dict with image, point_cloud (paths relative to the dataset's root) and calib.
    """
    return {
        'image': {
            'image_idx': index,
            'image_path': frame_path(folder, 'image_2', index, '.png'),
            'image_shape': np.array(image_shape, dtype=np.int32),
        },
        'point_cloud': {
            'num_features': 4,
            'velodyne_path': frame_path(folder, 'velodyne', index, '.bin'),
        },
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
