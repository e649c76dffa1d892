"""Ground-truth databases: objects cut from frames, judged before any is pasted."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError, load_info_file
from mmdet3d.datasets.info_kinds import foreign_file, is_database
from mmdet3d.datasets.object_numbers import (
    sound_boxes,
    warn_of_left_out,
    warn_of_units,
)
from mmdet3d.datasets.old_boxes import long_objects, new_boxes, old_by_points, old_by_sizes
from mmdet3d.datasets.schema import Field, Fields, check_entries
from mmdet3d.utils.shown import shown

DbInfos = dict[str, list[dict[str, Any]]]

_EXPECTED = 'ground-truth database'
_REMEDY = (
    'Write it with tools/create_data.py kitti --root-path DATA --out-dir DATA --extra-tag kitti, '
    'which makes DATA/kitti_dbinfos_train.pkl'
)
_ENTRY: Fields = {
    'name': Field('text'),
    'path': Field('text'),
    # Objects whose box is not sound are left out instead.
    'box3d_lidar': Field('number', ((7, 9),), limit=None, hint='x, y, z, three sizes and yaw'),
    'difficulty': Field('number', required=False),
    'num_points_in_gt': Field('number', required=False),
}
# Objects whose points are looked at where sizes do not tell how boxes are written.
_SAMPLE = 64


def load_database(path: str, read_points: Callable[[dict[str, Any]], np.ndarray | None]) -> DbInfos:
    """Read a database, with boxes of v1.0 and without objects that cannot be learnt from.

    Args:
        path: ``*_dbinfos_train.pkl``.
        read_points: gives the points of an entry, of shape (M, 3 or more), None if its file is
            missing.

    Returns:
        the entries under their class names.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is another kind of file, or an entry is malformed.
    """
    content = load_info_file(path, _EXPECTED)
    if not is_database(content):
        raise foreign_file(path, content, _EXPECTED, _REMEDY)
    entries = [(name, entry) for name, members in content.items() for entry in members]
    _check(path, entries)
    entries = _drop_unsound(path, entries)
    if _is_old([entry for _, entry in entries], read_points):
        warnings.warn(
            f'{path} has boxes as mmdetection3d made them before v1.0; converted', stacklevel=3
        )
        entries = [(name, _with_new_box(entry)) for name, entry in entries]
    database: DbInfos = {name: [] for name in content}
    for name, entry in entries:
        database[name].append(entry)
    return database


def _check(path: str, entries: list[tuple[str, dict[str, Any]]]) -> None:
    members = [entry for _, entry in entries]
    names = [f'{path}: entry {index} ({shown(name)})' for index, (name, _) in enumerate(entries)]
    check_entries(members, _ENTRY, lambda index, flaw: f'{names[index]}: {flaw}. {_REMEDY}')
    for name, (key, entry) in zip(names, entries):
        if entry['name'] != key:
            raise DataFormatError(
                f'{name}: its name is {shown(entry["name"])}, not the class that it is listed '
                f'under. {_REMEDY}'
            )
        score = entry.get('score', 0)
        if not isinstance(score, (int, float, np.number)) or not score <= 1:
            raise DataFormatError(
                f'{path}: the score of {entry["path"]} is {shown(score)}; expected a number up to '
                f'1. {_REMEDY}'
            )
    if any('group_id' not in entry and 'bbox' in entry for entry in members):
        raise DataFormatError(
            f'{path} is a ground-truth database of OpenPCDet, whose boxes and points lie about '
            f'their middle, not their bottom. {_REMEDY}'
        )


def require_numbers(path: str, database: DbInfos, key: str) -> None:
    """Check that every entry of a database has a number that is otherwise not needed.

    Raises:
        DataFormatError: if one has not; the message names it.
    """
    members = [entry for entries in database.values() for entry in entries]
    check_entries(
        members,
        {key: Field('number')},
        lambda index, flaw: f'{path}: {members[index]["path"]}: {flaw}',
    )


def _drop_unsound(
    path: str, entries: list[tuple[str, dict[str, Any]]]
) -> list[tuple[str, dict[str, Any]]]:
    boxes = _boxes_of([entry for _, entry in entries])
    keep = sound_boxes(boxes)
    places = [f'{name} {entry["path"]}' for (name, entry), kept in zip(entries, keep) if not kept]
    warn_of_left_out(path, places, len(entries))
    warn_of_units(path, boxes[keep, 3:6])
    return [each for each, kept in zip(entries, keep) if kept]


def _is_old(
    entries: list[dict[str, Any]], read_points: Callable[[dict[str, Any]], np.ndarray | None]
) -> bool:
    """Tell whether boxes are old ones: by the sizes of long objects, or else by points."""
    boxes = _boxes_of(entries)
    is_long = long_objects(entry['name'] for entry in entries)
    by_sizes = old_by_sizes(boxes[is_long, 3:5])
    if by_sizes is not None:
        return by_sizes
    chosen = np.unique(np.linspace(0, len(entries) - 1, _SAMPLE).round().astype(int))
    clouds = {i: read_points(entries[i]) for i in chosen.tolist() if entries}
    found = {i: cloud for i, cloud in clouds.items() if cloud is not None}
    return old_by_points(boxes[list(found)], list(found.values()))


def _boxes_of(entries: list[dict[str, Any]]) -> np.ndarray:
    """The boxes without velocities, float64 of shape (N, 7)."""
    rows = [np.asarray(entry['box3d_lidar'], dtype=np.float64)[:7] for entry in entries]
    return np.array(rows).reshape(-1, 7)


def _with_new_box(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, 'box3d_lidar': new_boxes(np.asarray(entry['box3d_lidar'])[None])[0]}
