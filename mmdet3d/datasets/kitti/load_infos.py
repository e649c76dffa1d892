"""Info files of KITTI, also those of other programs: frames judged before any is used."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdet3d.datasets.class_names import DONT_CARE, with_dont_care
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.info_kinds import load_frames, require_keys
from mmdet3d.datasets.kitti.calib import complete_calib
from mmdet3d.datasets.kitti.frame_ids import is_name, stem_of
from mmdet3d.datasets.kitti.infos import camera_rows, mark_keys
from mmdet3d.datasets.object_numbers import keep_objects, sound_objects
from mmdet3d.datasets.schema import Field, Fields, Section, check_entries
from mmdet3d.datasets.teacher_labels import check_boxes, check_marks, judged_rows
from mmdet3d.utils.shown import shown

_EXPECTED = 'info file of KITTI'
_REMEDY = (
    'Write it with tools/create_data.py kitti --root-path DATA --out-dir DATA --extra-tag kitti'
)
# Of any names, also those that are times in nanoseconds.
_LARGEST_ID = 1e19
_ROWS = {
    'dimensions': Field('number', ('N', 3), limit=None, hint='length, height, width in metres'),
    'location': Field('number', ('N', 3), limit=None, hint='x, y, z in metres'),
    'rotation_y': Field('number', ('N',), limit=None),
}
_ANNOS: Fields = {
    'name': Field('text', ('N',)),
    'bbox': Field('number', ('N', 4), hint='left, top, right, bottom in pixels'),
    # Objects whose box is not sound are left out instead.
    **_ROWS,
    'difficulty': Field('number', ('N',)),
    **{
        key: Field('number', ('N',), required=False)
        for key in ('truncated', 'occluded', 'alpha', 'index', 'group_ids', 'num_points_in_gt')
    },
}
_FRAME: Fields = {
    'image': Section(
        {
            'image_idx': Field('name', limit=_LARGEST_ID),
            'image_shape': Field('number', (2,), hint='height and width in pixels'),
            'image_path': Field('text', required=False),
        }
    ),
    'point_cloud': Section({'velodyne_path': Field('text', required=False)}, required=False),
    'calib': Section(),
    'annos': Section(_ANNOS, required=False),
}


def load_kitti_infos(path: str) -> list[dict[str, Any]]:
    """Read an info file, without the objects that cannot be learnt from.

    Objects whose sizes are not above 0, or whose numbers are not finite, are left out with a
    warning. OpenPCDet's info files can be read too.

    Args:
        path: ``kitti_infos_*.pkl``.

    Returns:
        the frames, each with ``image`` (``image_idx`` and ``image_shape`` at least), ``calib`` and,
        if it is labelled, ``annos``.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is another kind of file, or a frame is malformed.
    """
    infos = load_frames(path, _EXPECTED, _REMEDY)
    require_keys(path, infos, ('image', 'calib'), _EXPECTED, _REMEDY)
    check_entries(infos, _FRAME, lambda index, flaw: f'{path}, frame {index}: {flaw}')
    infos = [_checked(info, f'{path}, frame {index}') for index, info in enumerate(infos)]
    _refuse_shared_names(path, infos)
    return _judge_objects(path, infos)


def check_evaluated(path: str, annos: Sequence[Mapping[str, Any]]) -> None:
    """Check that annotations have what the evaluation reads beside what training does.

    Args:
        path: the info file.
        annos: the annotations of its frames.

    Raises:
        DataFormatError: if those of a frame lack one of the arrays.
    """
    needed = {
        **{key: Field('number', ('N',)) for key in ('truncated', 'occluded', 'alpha')},
        **{key: Field('number', each.shape) for key, each in _ROWS.items()},
    }
    check_entries(
        annos, needed, lambda index, flaw: f'{path}, frame {index}: {flaw} (in annos)', 'annos'
    )


def _refuse_shared_names(path: str, infos: list[dict[str, Any]]) -> None:
    """Refuse different frames whose clouds have one name, as they do in folders by sequence."""
    index_of: dict[str, Any] = {}
    for info in infos:
        name, index = stem_of(info), info['image']['image_idx']
        if index_of.setdefault(name, index) != index:
            raise DataFormatError(
                f'{path}: the clouds of the frames {index_of[name]!r} and {index!r} are both '
                f'called {name}; clouds are looked for by name in one folder, so give each its own'
            )


def _checked(info: dict[str, Any], where: str) -> dict[str, Any]:
    """Check a frame's id and calibration."""
    index = info['image']['image_idx']
    # Files are named by it, so it must not lead to another folder.
    is_sound = is_name(index) if isinstance(index, str) else index >= 0
    if not is_sound or stem_of(info) in ('', '..'):
        raise DataFormatError(
            f'{where}: image_idx is {shown(index)}, the cloud is '
            f'{shown(info.get("point_cloud"))}; expected a number or the name of the files of the '
            'frame, like 000008'
        )
    return {**info, 'calib': complete_calib(info['calib'], where)}


def _judge_objects(path: str, infos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop the unsound objects of all frames, with a warning; DontCare regions have no box."""
    labelled = [index for index, info in enumerate(infos) if info.get('annos') is not None]
    annos = [_complete_annos(infos[index]['annos'], f'{path}, frame {index}') for index in labelled]
    is_object = [each['name'] != DONT_CARE for each in annos]
    frames = [
        (f'frame {stem_of(infos[index])}', _rows(each)[objects], each['name'][objects])
        for index, each, objects in zip(labelled, annos, is_object)
    ]
    for index, each, objects, sound in zip(labelled, annos, is_object, sound_objects(path, frames)):
        keep = ~objects
        keep[objects] = sound
        kept = each if keep.all() else keep_objects(each, keep)
        infos[index] = {**infos[index], 'annos': kept}
    return infos


def _rows(annos: Mapping[str, Any]) -> np.ndarray:
    return judged_rows(camera_rows(annos), annos)


def _complete_annos(annos: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check what a teacher says of a frame, and spell DontCare as KITTI does."""
    count = len(annos['name'])
    check_boxes(annos, count, where, columns=(7,))
    check_marks(annos, count, where, **mark_keys(annos))
    return {**annos, 'name': with_dont_care(np.asarray(annos['name'], dtype=np.str_))}
