"""Info files of Custom3DDataset: frames judged before any is trained on."""

from collections.abc import Mapping
from typing import Any

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.info_kinds import load_frames, require_keys
from mmdet3d.datasets.object_numbers import as_boxes, keep_objects, sound_objects
from mmdet3d.datasets.schema import Field, Fields, check_entries
from mmdet3d.datasets.teacher_labels import check_marks
from mmdet3d.utils.shown import shown

EXPECTED = 'info file of Custom3DDataset'
REMEDY = (
    'It holds a pickled list with one dict per frame: sample_idx, pts_path and, for training, '
    'annos with gt_bboxes_3d (N, 7) and gt_names (N,)'
)
_OF_BOXES = (
    'x, y, z of the bottom centre, three sizes and yaw, or (N, 9) with the velocity in x and y'
)
_ANNOS: Fields = {
    # Objects whose box is not sound are left out instead.
    'gt_bboxes_3d': Field('number', ('N', (7, 9)), limit=None, hint=_OF_BOXES),
    'gt_names': Field('text', ('N',)),
}
_FRAME: Fields = {'sample_idx': Field('name', limit=1e19), 'pts_path': Field('text')}


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
    places = [f'frame {index} ({_name_of(infos[index])})' for index in labelled]
    annos = [infos[index]['annos'] for index in labelled]
    check_entries(annos, _ANNOS, lambda i, flaw: f'{path}, {places[i]}: {flaw} (in annos)', 'annos')
    for place, each in zip(places, annos):
        check_marks(each, len(each['gt_names']), f'{path}, {place}')
    frames = [
        (place, as_boxes(each['gt_bboxes_3d']), each['gt_names'])
        for place, each in zip(places, annos)
    ]
    for index, each, keep in zip(labelled, annos, sound_objects(path, frames)):
        if not keep.all():
            infos[index] = {**infos[index], 'annos': keep_objects(each, keep)}
    return infos


def check_custom_frames(path: str, infos: list[dict[str, Any]]) -> None:
    """Check what frames have beside their annotations.

    Raises:
        DataFormatError: if one has no ``sample_idx`` or ``pts_path``, or of another type.
    """
    require_keys(path, infos, list(_FRAME), EXPECTED, REMEDY)
    check_entries(infos, _FRAME, lambda index, flaw: f'{path}, frame {index}: {flaw}')


def require_objects(path: str, infos: list[dict[str, Any]]) -> None:
    """Check that annotations, where a frame has them, are boxes and names.

    Raises:
        DataFormatError: if one of the two is missing; the message names the frame.
    """
    for index, info in enumerate(infos):
        annos = info.get('annos')
        if annos is not None and not _has_objects(annos):
            has = sorted(map(shown, annos)) if isinstance(annos, Mapping) else shown(annos)
            raise DataFormatError(
                f'{path}, frame {index}: annos has {has}; expected gt_bboxes_3d and gt_names'
            )


def _name_of(info: Mapping[str, Any]) -> str:
    name = info.get('sample_idx')
    return name if isinstance(name, str) else shown(name)


def _has_objects(annos: Any) -> bool:
    return isinstance(annos, Mapping) and {'gt_bboxes_3d', 'gt_names'} <= set(annos)
