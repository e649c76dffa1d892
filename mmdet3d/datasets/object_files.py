"""Objects cut from frames: their points as files, and their entries in a ground-truth database."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmdet3d.datasets.point_files import write_points


def write_objects(
    out_dir: Path,
    prefix: str,
    frame: int | str,
    objects: Mapping[str, np.ndarray],
    points: np.ndarray,
    inside: np.ndarray,
) -> list[dict[str, Any]]:
    """Write the points of each object of a frame, relative to its box's bottom centre.

    Args:
        out_dir: the folder that holds the database.
        prefix: folder inside ``out_dir`` and begin of the files' names, like
            'kitti_gt_database/8'.
        frame: what the frame is called.
        objects: arrays of T rows: ``name``, ``gt_idx`` (number of the object in its frame),
            ``box3d_lidar`` (T, 7 or 9) and further ones that the entries shall have.
        points: cloud of the frame, float32 of shape (M, 4 or more).
        inside: whether a point lies in a box, bool of shape (M, T).

    Returns:
        the objects' entries, in their order, without their group.
    """
    others = [key for key in objects if key not in ('name', 'gt_idx', 'box3d_lidar')]
    entries = []
    for row, (name, gt_idx) in enumerate(zip(objects['name'], objects['gt_idx'])):
        box = objects['box3d_lidar'][row].copy()
        path = f'{prefix}_{_as_file_name(str(name))}_{gt_idx}.bin'
        object_points = points[inside[:, row]]
        object_points[:, :3] -= box[:3]
        write_points(out_dir / path, object_points)
        entries.append(
            {
                'name': str(name),
                'path': path,
                'image_idx': frame,
                'gt_idx': int(gt_idx),
                'box3d_lidar': box,
                'num_points_in_gt': len(object_points),
                **{key: objects[key][row].item() for key in others},
            }
        )
    return entries


def _as_file_name(name: str) -> str:
    """Replace what is no part of a file's name, such as the slash of ``Car/Van``."""
    return re.sub(r'[^\w.+-]', '_', name)


def group_by_class(entries: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
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
