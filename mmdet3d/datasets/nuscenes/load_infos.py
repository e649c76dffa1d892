"""Info files of nuScenes: samples judged before any is used."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError, load_info_file
from mmdet3d.datasets.info_kinds import check_frames, foreign_file, require_keys
from mmdet3d.datasets.nuscenes.old_infos import has_old_boxes, with_new_boxes
from mmdet3d.datasets.object_numbers import as_numbers, count_rows, keep_objects, sound_objects

_EXPECTED = "info file of nuScenes, which holds a dict of 'infos' and 'metadata'"
_REMEDY = (
    'Write it with tools/create_data.py nuscenes --root-path DATA --version v1.0-trainval '
    '--out-dir DATA --extra-tag nuscenes'
)
_KEYS = ('token', 'timestamp', 'lidar_path', 'sweeps')
# What a sample may have one row per object of.
_OBJECTS = (
    'gt_boxes',
    'gt_names',
    'gt_velocity',
    'num_lidar_pts',
    'num_radar_pts',
    'valid_flag',
    'gt_scores',
    'gt_ignored',
    'gt_bboxes_3d',
)


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
    if not isinstance(infos, (list, tuple)) or 'version' not in (metadata or {}):
        raise DataFormatError(
            f"{path}: expected a list of samples under 'infos', and the version under 'metadata', "
            f'which is {metadata!r}. {_REMEDY}'
        )
    check_frames(path, infos, _REMEDY)
    require_keys(path, infos, _KEYS, _EXPECTED, _REMEDY)
    labelled = [info for info in infos if info.get('gt_boxes') is not None]
    require_keys(path, labelled, ('gt_names', *needed), _EXPECTED, _REMEDY)
    as_numbers([info['timestamp'] for info in infos], f'{path}: the timestamps')
    infos = sorted(infos, key=lambda info: info['timestamp'])
    return metadata, _judge_objects(path, _with_new_boxes(path, infos))


def _with_new_boxes(path: str, infos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for info in infos:
        if info.get('gt_boxes') is not None:
            _check_objects(info, f'{path}, sample {info["token"]}')
    if not has_old_boxes(infos):
        return infos
    warnings.warn(
        f'{path} has boxes as mmdetection3d made them before v1.0; converted', stacklevel=4
    )
    return [info if info.get('gt_boxes') is None else with_new_boxes(info) for info in infos]


def _check_objects(info: Mapping[str, Any], where: str) -> None:
    """Check that the arrays of a sample have one row per object."""
    shape = as_numbers(info['gt_boxes'], f'{where}: gt_boxes').shape
    if 0 not in shape and (len(shape) != 2 or shape[1] != 7):
        raise DataFormatError(
            f'{where}: gt_boxes has the shape {shape}; expected (N, 7): x, y, z of the middle, '
            'length, width, height and yaw'
        )
    lengths = {key: count_rows(info[key]) for key in _OBJECTS if key in info}
    if len(set(lengths.values())) > 1:
        raise DataFormatError(f'{where}: the arrays of the objects differ in length: {lengths}')


def _judge_objects(path: str, infos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop the unsound objects of all samples, with a warning."""
    labelled = [index for index, info in enumerate(infos) if info.get('gt_boxes') is not None]
    frames = [
        (f'sample {info["token"]}', np.reshape(info['gt_boxes'], (-1, 7)), info['gt_names'])
        for info in (infos[index] for index in labelled)
    ]
    for index, keep in zip(labelled, sound_objects(path, frames)):
        if not keep.all():
            objects = {key: infos[index][key] for key in _OBJECTS if key in infos[index]}
            infos[index] = {**infos[index], **keep_objects(objects, keep)}
    return infos
