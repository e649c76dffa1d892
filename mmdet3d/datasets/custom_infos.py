"""Info files of Custom3DDataset: frames judged before any is trained on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.info_kinds import load_frames
from mmdet3d.datasets.object_numbers import (
    as_numbers,
    count_rows,
    keep_objects,
    sound_objects,
)
from mmdet3d.datasets.teacher_labels import check_marks

EXPECTED = 'info file of Custom3DDataset'
REMEDY = (
    'It holds a pickled list with one dict per frame: sample_idx, pts_path and, for training, '
    'annos with gt_bboxes_3d (N, 7) and gt_names (N,)'
)
# With velocities there are 9.
_COLUMNS = (7, 9)


def load_custom_infos(path: str) -> list[dict[str, Any]]:
    """Read an info file, without the objects that cannot be learnt from.

    Objects whose sizes are not above 0, or whose numbers are not finite, are left out with a
    warning.

    Args:
        path: the file; see :class:`mmdet3d.datasets.Custom3DDataset`.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is another kind of file, or the objects of a frame are malformed.
    """
    infos = load_frames(path, EXPECTED, REMEDY)
    # Frames of another form, which a derived data set reads, are left as they are.
    labelled = [index for index, info in enumerate(infos) if _has_objects(info.get('annos'))]
    places = [f'frame {index} ({infos[index].get("sample_idx")})' for index in labelled]
    annos = [infos[index]['annos'] for index in labelled]
    frames = [
        (place, _boxes_of(each, f'{path}, {place}'), each['gt_names'])
        for place, each in zip(places, annos)
    ]
    for index, each, keep in zip(labelled, annos, sound_objects(path, frames)):
        if not keep.all():
            infos[index] = {**infos[index], 'annos': keep_objects(each, keep)}
    return infos


def require_objects(path: str, infos: list[dict[str, Any]]) -> None:
    """Check that annotations, where a frame has them, are boxes and names.

    Raises:
        DataFormatError: if one of the two is missing; the message names the frame.
    """
    for index, info in enumerate(infos):
        annos = info.get('annos')
        if annos is not None and not _has_objects(annos):
            has = sorted(map(str, annos)) if isinstance(annos, Mapping) else annos
            raise DataFormatError(
                f'{path}, frame {index}: annos has {has}; expected gt_bboxes_3d and gt_names'
            )


def _has_objects(annos: Any) -> bool:
    return isinstance(annos, Mapping) and {'gt_bboxes_3d', 'gt_names'} <= set(annos)


def _boxes_of(annos: Mapping[str, Any], where: str) -> np.ndarray:
    """Check the objects of a frame, and give the boxes, of shape (N, 7 or 9)."""
    boxes = as_numbers(annos['gt_bboxes_3d'], f'{where}: gt_bboxes_3d')
    if not boxes.size:
        boxes = np.zeros((0, 7))
    if boxes.ndim != 2 or boxes.shape[1] not in _COLUMNS:
        raise DataFormatError(
            f'{where}: gt_bboxes_3d has the shape {boxes.shape}; expected (N, 7): x, y, z of the '
            'bottom centre, three sizes and yaw, or (N, 9) with the velocity in x and y'
        )
    names = count_rows(annos['gt_names'])
    if names != len(boxes):
        raise DataFormatError(
            f'{where}: gt_bboxes_3d has {len(boxes)} boxes, gt_names '
            f'{"is no list" if names < 0 else f"{names} names"}; expected one name for each box'
        )
    check_marks(annos, len(boxes), where)
    return boxes
