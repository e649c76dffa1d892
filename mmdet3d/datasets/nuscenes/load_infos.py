"""Info files of nuScenes: samples judged before any is used."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError, load_info_file
from mmdet3d.datasets.info_kinds import check_frames, foreign_file, require_keys
from mmdet3d.datasets.nuscenes.old_infos import has_old_boxes, with_new_boxes
from mmdet3d.datasets.object_numbers import keep_objects, sound_objects
from mmdet3d.datasets.schema import Field, Fields, Section, check_entries
from mmdet3d.datasets.teacher_labels import (
    BOXES,
    IGNORED,
    SCORES,
    check_boxes,
    check_marks,
    judged_rows,
)
from mmdet3d.utils.shown import shown

_EXPECTED = "info file of nuScenes, which holds a dict of 'infos' and 'metadata'"
_REMEDY = (
    'Write it with tools/create_data.py nuscenes --root-path DATA --version v1.0-trainval '
    '--out-dir DATA --extra-tag nuscenes'
)
# Microseconds since 1970 are 1.5e15.
_LATEST = 1e18
_SWEEP: Fields = {
    'data_path': Field('text'),
    'timestamp': Field('number', limit=_LATEST),
    'sensor2lidar_rotation': Field('number', (3, 3)),
    'sensor2lidar_translation': Field('number', (3,)),
}
_SAMPLE: Fields = {
    'token': Field('text'),
    'timestamp': Field('number', limit=_LATEST),
    'lidar_path': Field('text'),
    'sweeps': Section(_SWEEP, listed=True),
}
_OF_BOXES = 'x, y, z of the middle, length, width, height and yaw'
# What a sample may have one row per object of; unsound boxes and unknown velocities are no fault.
_OBJECTS: Fields = {
    'gt_boxes': Field('number', ('N', 7), limit=None, hint=_OF_BOXES),
    'gt_names': Field('text', ('N',)),
    'gt_velocity': Field('number', ('N', 2), required=False, limit=None),
    'num_lidar_pts': Field('number', ('N',), required=False),
    'num_radar_pts': Field('number', ('N',), required=False),
    'valid_flag': Field('flag', ('N',), required=False),
}


def load_nuscenes_infos(
    path: str, needed: Sequence[str] = ()
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read an info file, with boxes of v1.0 and without objects that cannot be learnt from.

    Objects whose sizes are not above 0, or whose numbers are not finite, are left out with a
    warning; velocities may be NaN, which says that they are not known.

    Args:
        path: ``nuscenes_infos_*.pkl``.
        needed: what training reads of the objects of a sample, beside their boxes and names.

    Returns:
        the metadata with ``version``, and the samples in the order of their timestamps.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is no info file of nuScenes, or malformed.
    """
    content = load_info_file(path, 'annotation file')
    if not (isinstance(content, Mapping) and {'infos', 'metadata'} <= set(content)):
        raise foreign_file(path, content, _EXPECTED, _REMEDY)
    infos, metadata = content['infos'], content['metadata']
    if not (
        isinstance(infos, (list, tuple))
        and isinstance(metadata, Mapping)
        and isinstance(metadata.get('version'), str)
    ):
        raise DataFormatError(
            f"{path}: expected a list of samples under 'infos', and the version under 'metadata', "
            f'which is {shown(metadata)}. {_REMEDY}'
        )
    check_frames(path, infos, _REMEDY)
    require_keys(path, infos, list(_SAMPLE), _EXPECTED, _REMEDY)
    check_entries(infos, _SAMPLE, lambda index, flaw: f'{path}, frame {index}: {flaw}')
    _check_objects(path, infos, needed)
    infos = sorted(infos, key=lambda info: info['timestamp'])
    return dict(metadata), _judge_objects(path, _with_new_boxes(path, infos))


def _check_objects(path: str, infos: Sequence[dict[str, Any]], needed: Sequence[str]) -> None:
    """Check the arrays of the objects of all samples that have them."""
    labelled = [info for info in infos if info.get('gt_boxes') is not None]
    require_keys(path, labelled, ('gt_names', *needed), _EXPECTED, _REMEDY)
    fields = {**_OBJECTS, **{key: replace(_OBJECTS[key], required=True) for key in needed}}
    places = [f'{path}, sample {info["token"]}' for info in labelled]
    check_entries(labelled, fields, lambda index, flaw: f'{places[index]}: {flaw}')
    for where, info in zip(places, labelled):
        count = len(info['gt_boxes'])
        check_boxes(info, count, where, columns=(7, 9))
        check_marks(info, count, where)


def _with_new_boxes(path: str, infos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not has_old_boxes(infos):
        return infos
    warnings.warn(
        f'{path} has boxes as mmdetection3d made them before v1.0; converted', stacklevel=4
    )
    return [info if info.get('gt_boxes') is None else with_new_boxes(info) for info in infos]


def _rows(info: Mapping[str, Any]) -> np.ndarray:
    return judged_rows(np.reshape(info['gt_boxes'], (-1, 7)), info)


def _judge_objects(path: str, infos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop the unsound objects of all samples, with a warning."""
    labelled = [index for index, info in enumerate(infos) if info.get('gt_boxes') is not None]
    frames = [
        (f'sample {info["token"]}', _rows(info), info['gt_names'])
        for info in (infos[index] for index in labelled)
    ]
    for index, keep in zip(labelled, sound_objects(path, frames)):
        if not keep.all():
            keys = (*_OBJECTS, BOXES, SCORES, IGNORED)
            objects = {key: infos[index][key] for key in keys if key in infos[index]}
            infos[index] = {**infos[index], **keep_objects(objects, keep)}
    return infos
