"""Info files of KITTI, also those of other programs: frames judged before any is used."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.datasets.class_names import DONT_CARE, with_dont_care
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.info_kinds import load_frames, require_keys
from mmdet3d.datasets.kitti.calib import complete_calib
from mmdet3d.datasets.kitti.frame_ids import is_name, stem_of
from mmdet3d.datasets.kitti.infos import camera_rows, mark_keys
from mmdet3d.datasets.object_numbers import count_rows, keep_objects, sound_objects
from mmdet3d.datasets.teacher_labels import check_boxes, check_marks, judged_rows

_EXPECTED = 'info file of KITTI'
_REMEDY = (
    'Write it with tools/create_data.py kitti --root-path DATA --out-dir DATA --extra-tag kitti'
)
_ANNOS = ('name', 'bbox', 'dimensions', 'location', 'rotation_y', 'difficulty')


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
    infos = [_checked(info, f'{path}, frame {index}') for index, info in enumerate(infos)]
    _refuse_shared_names(path, infos)
    return _judge_objects(path, infos)


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
    """Check a frame's id, image and calibration."""
    for key in ('image', 'calib'):
        if not isinstance(info[key], Mapping):
            raise DataFormatError(f'{where}: {key} is {info[key]!r}, expected a dict. {_REMEDY}')
    missing = [key for key in ('image_idx', 'image_shape') if key not in info['image']]
    if missing:
        raise DataFormatError(f'{where}: image has no {missing}. {_REMEDY}')
    index = info['image']['image_idx']
    # Files are named by it, so it must not lead to another folder.
    is_sound = is_name(index) if isinstance(index, str) else isinstance(index, (int, np.integer))
    if not is_sound or stem_of(info) in ('', '..'):
        raise DataFormatError(
            f'{where}: image_idx is {index!r}, the cloud is {info.get("point_cloud")}; expected a '
            'number or the name of the files of the frame, like 000008'
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


def _complete_annos(annos: Any, where: str) -> dict[str, Any]:
    """Check the arrays of a frame, and spell DontCare as KITTI does."""
    if not isinstance(annos, Mapping) or any(key not in annos for key in _ANNOS):
        has = sorted(map(str, annos)) if isinstance(annos, Mapping) else type(annos).__name__
        raise DataFormatError(f'{where}: annos has {has}; expected at least {list(_ANNOS)}')
    lengths = {key: count_rows(annos[key]) for key in _ANNOS}
    if len(set(lengths.values())) > 1:
        raise DataFormatError(f'{where}: the arrays of annos differ in length: {lengths}')
    try:
        camera_rows(annos).astype(np.float64)
    except ValueError as error:
        raise DataFormatError(
            f'{where}: expected dimensions and location of shape (N, 3) and rotation_y of shape '
            f'(N,), of numbers ({error})'
        ) from error
    count = lengths['name']
    check_boxes(annos, count, where, columns=(7,))
    check_marks(annos, count, where, **mark_keys(annos))
    return {**annos, 'name': with_dont_care(np.asarray(annos['name'], dtype=np.str_))}
