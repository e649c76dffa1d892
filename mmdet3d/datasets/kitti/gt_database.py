"""The database of annotated objects that training pastes into other frames."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from mmdet3d.datasets.point_files import write_points


def write_objects(
    out_dir: Path,
    database: str,
    info: dict[str, Any],
    boxes: np.ndarray,
    points: np.ndarray,
    inside: np.ndarray,
) -> list[dict[str, Any]]:
    """Write the points of each object of a frame, relative to its box's bottom centre.

    Args:
        out_dir: the folder that holds the database.
        database: the database's folder inside ``out_dir``, like 'kitti_gt_database'.
        info: the frame's entry, with annotations of which T are not DontCare.
        boxes: LiDAR boxes of these, float32 of shape (T, 7).
        points: cloud of the frame, float32 of shape (M, 4).
        inside: whether a point lies in a box, bool of shape (M, T).

    Returns:
        the objects' entries, in the order of ``boxes``, without their group.
    """
    frame = info['image']['image_idx']
    annos = info['annos']
    rows = np.flatnonzero(annos['name'] != 'DontCare')
    entries = []
    for gt_idx, row in enumerate(rows):
        name = str(annos['name'][row])
        path = f'{database}/{frame}_{_as_file_name(name)}_{gt_idx}.bin'
        object_points = points[inside[:, gt_idx]]
        object_points[:, :3] -= boxes[gt_idx, :3]
        write_points(out_dir / path, object_points)
        entries.append(
            {
                'name': name,
                'path': path,
                'image_idx': frame,
                'gt_idx': gt_idx,
                'box3d_lidar': boxes[gt_idx].copy(),
                'num_points_in_gt': len(object_points),
                'difficulty': int(annos['difficulty'][row]),
            }
        )
    return entries


def _as_file_name(name: str) -> str:
    """Replace what is no part of a file's name, such as the slash of ``Car/Van``."""
    return re.sub(r'[^\w.+-]', '_', name)


def group_by_class(entries: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Give each object a group of its own and sort the objects into classes.

    Args:
        entries: the objects of all frames, in the order of the frames.

    Returns:
        the entries, each with its group_id, under their class names.
    """
    by_class: dict[str, list[dict[str, Any]]] = {}
    for group_id, entry in enumerate(entries):
        by_class.setdefault(entry['name'], []).append({**entry, 'group_id': group_id})
    return by_class
