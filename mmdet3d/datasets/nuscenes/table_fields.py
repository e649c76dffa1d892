"""What conversion reads of nuScenes' tables, checked before it begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.schema import Field, Fields, check_entries
from mmdet3d.utils.shown import shown

if TYPE_CHECKING:
    from nuscenes import NuScenes

# Microseconds since 1970 are 1.5e15.
_LATEST = 1e18
_POSE: Fields = {
    'token': Field('text'),
    'translation': Field('number', (3,), hint='x, y, z in metres'),
    'rotation': Field('number', (4,), hint='a quaternion w, x, y, z'),
}
_TABLES: dict[str, Fields] = {
    'calibrated_sensor': _POSE,
    'ego_pose': _POSE,
    'scene': {key: Field('text') for key in ('token', 'name', 'first_sample_token')},
    'sample': {
        'timestamp': Field('number', limit=_LATEST),
        **{key: Field('text') for key in ('token', 'scene_token')},
    },
    'sample_data': {
        'timestamp': Field('number', limit=_LATEST),
        **{key: Field('text') for key in ('token', 'prev', 'filename')},
        **{key: Field('text') for key in ('calibrated_sensor_token', 'ego_pose_token')},
    },
    # Place, size and rotation are judged as those of objects are.
    'sample_annotation': {
        **{key: Field('text') for key in ('token', 'category_name', 'prev', 'next')},
        **{key: Field('number') for key in ('num_lidar_pts', 'num_radar_pts')},
    },
}


def check_records(folder: Path, tables: 'NuScenes') -> None:
    """Check the records of the tables that are read.

    Args:
        folder: of the tables.
        tables: their content.

    Raises:
        DataFormatError: if a record lacks a key, has a value of another type or shape, a number
            beyond all measure, or a rotation that is none.
    """
    for name, fields in _TABLES.items():
        records, path = getattr(tables, name), folder / f'{name}.json'
        check_entries(records, fields, partial(_say, path))
        if fields is _POSE:
            lengths = np.linalg.norm([record['rotation'] for record in records], axis=-1)
            for index in np.flatnonzero(lengths == 0)[:1]:
                raise DataFormatError(
                    f'{path}, record {index}: rotation is {shown(records[index]["rotation"])}; '
                    'expected a quaternion, which is not all zeros'
                )


def _say(path: Path, index: int, flaw: str) -> str:
    return f'{path}, record {index}: {flaw}'


@contextmanager
def name_absent(folder: Path) -> Iterator[None]:
    """Name a token that tables refer to, and that none of them has.

    Args:
        folder: of the tables.

    Raises:
        DataFormatError: instead of the devkit's ``KeyError``.
    """
    try:
        yield
    except KeyError as error:
        raise DataFormatError(
            f'the tables in {folder} refer to {error}, which none of them has. Unpack the metadata '
            "of nuScenes' download page there anew"
        ) from error
