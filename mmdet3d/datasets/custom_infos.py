"""Info files of Custom3DDataset: frames judged before any is trained on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.info_kinds import load_frames
from mmdet3d.datasets.object_numbers import (
    keep_objects,
    sound_boxes,
    warn_of_left_out,
    warn_of_units,
)

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
    places: list[str] = []
    sizes: list[np.ndarray] = []
    judged = [
        _judge(info, f'{path}, frame {index} ({info.get("sample_idx")})', places, sizes)
        for index, info in enumerate(infos)
    ]
    total = sum(map(len, sizes)) + len(places)
    warn_of_left_out(path, places, total)
    warn_of_units(path, np.concatenate([*sizes, np.zeros((0, 3), np.float32)]))
    return judged


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


def _judge(
    info: dict[str, Any], where: str, places: list[str], sizes: list[np.ndarray]
) -> dict[str, Any]:
    """Give a frame without its unsound objects; add to their places, and to the sound ones' sizes.

    Frames of another form, which a derived data set reads, are left as they are.
    """
    if not _has_objects(info.get('annos')):
        return info
    annos: Mapping[str, Any] = info['annos']
    boxes = _boxes_of(annos, where)
    keep = sound_boxes(boxes)
    sizes.append(boxes[keep, 3:6])
    if keep.all():
        return info
    frame = where.rpartition(', ')[2]
    names = np.asarray(annos['gt_names'])[~keep]
    places += [f'{frame}: {name}' for name in names]
    return {**info, 'annos': keep_objects(annos, keep)}


def _boxes_of(annos: Mapping[str, Any], where: str) -> np.ndarray:
    """Check the boxes and names of a frame, and give the boxes, of shape (N, 7 or 9)."""
    names = annos['gt_names']
    try:
        boxes = np.asarray(annos['gt_bboxes_3d'], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataFormatError(f'{where}: gt_bboxes_3d is no array of numbers ({error})') from error
    if not boxes.size:
        boxes = np.zeros((0, 7))
    if boxes.ndim != 2 or boxes.shape[1] not in _COLUMNS:
        raise DataFormatError(
            f'{where}: gt_bboxes_3d has the shape {boxes.shape}; expected (N, 7): x, y, z of the '
            'bottom centre, three sizes and yaw, or (N, 9) with the velocity in x and y'
        )
    if len(names) != len(boxes):
        raise DataFormatError(
            f'{where}: gt_bboxes_3d has {len(boxes)} boxes, gt_names {len(names)} names; expected '
            'one name for each box'
        )
    return boxes
