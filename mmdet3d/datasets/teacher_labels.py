"""What a teacher says of the objects that it labelled: boxes, scores, and which are ignored."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.object_numbers import as_numbers, count_rows, sound_boxes

BOXES, SCORES, IGNORED = 'gt_bboxes_3d', 'gt_scores', 'gt_ignored'


def check_marks(
    objects: Mapping[str, Any],
    count: int,
    where: str,
    scores: str | None = SCORES,
    ignored: str = IGNORED,
) -> None:
    """Check the scores and ignored flags of a frame, where it has them.

    Args:
        objects: what the info file has of the objects.
        count: how many objects there are.
        where: the file and the frame, for the message.
        scores: key of the scores; None if the file has no teacher's.
        ignored: key of the flags.

    Raises:
        DataFormatError: if there is not one for each object, a score is no number in [0, 1], or a
            flag is not True or False.
    """
    if scores is not None and scores in objects:
        found = _column(objects, scores, count, where)
        if count and not (found.dtype.kind in 'fiu' and ((found >= 0) & (found <= 1)).all()):
            raise DataFormatError(f'{where}: {scores} is {found}; expected numbers from 0 to 1')
    if ignored in objects:
        found = _column(objects, ignored, count, where)
        if count and found.dtype.kind != 'b':
            raise DataFormatError(f'{where}: {ignored} is {found}; expected True or False for each')


def _column(objects: Mapping[str, Any], key: str, count: int, where: str) -> np.ndarray:
    rows = count_rows(objects[key])
    if rows != count:
        raise DataFormatError(
            f'{where}: {key} has {"no list" if rows < 0 else rows} for {count} objects; expected '
            'one entry for each object'
        )
    try:
        found = np.asarray(objects[key])
    except ValueError as error:
        raise DataFormatError(f'{where}: {key} is no row of numbers ({error})') from error
    if found.ndim != 1:
        raise DataFormatError(f'{where}: {key} has the shape {found.shape}; expected ({count},)')
    return found


def check_boxes(
    objects: Mapping[str, Any], count: int, where: str, columns: tuple[int, ...]
) -> None:
    """Check the boxes that a detector gave, where a frame has them.

    Args:
        objects: what the info file has of the objects.
        count: how many objects there are.
        where: the file and the frame, for the message.
        columns: how many columns there may be.

    Raises:
        DataFormatError: if they are not numbers, one row of so many columns for each object.
    """
    if BOXES not in objects:
        return
    shape = as_numbers(objects[BOXES], f'{where}: {BOXES}').shape
    if shape[:1] != (count,) or (count and (len(shape) != 2 or shape[1] not in columns)):
        raise DataFormatError(
            f'{where}: {BOXES} has the shape {shape} for {count} objects; expected (N, '
            f'{" or ".join(map(str, columns))}): x, y, z of the bottom centre, length, width, '
            'height and yaw, in LiDAR coordinates'
        )


def judged_rows(rows: np.ndarray, objects: Mapping[str, Any]) -> np.ndarray:
    """Give the boxes of a frame to be judged, NaN where the detector's cannot be learnt from.

    Args:
        rows: the boxes of the info file's own form, of shape (N, 7).
        objects: what it has of the objects.
    """
    if BOXES not in objects or not len(rows):
        return rows
    return np.where(sound_boxes(objects[BOXES])[:, None], rows, np.nan)


def detector_boxes(objects: Mapping[str, Any]) -> np.ndarray | None:
    """Give the boxes that a detector gave, float32 of shape (N, 7 or 9); None without any."""
    if BOXES not in objects:
        return None
    boxes = np.array(objects[BOXES], dtype=np.float32)
    return boxes.reshape(len(boxes), -1) if len(boxes) else np.zeros((0, 7), np.float32)


def object_weights(
    objects: Mapping[str, Any],
    by_score: bool,
    scores: str | None = SCORES,
    ignored: str = IGNORED,
) -> np.ndarray | None:
    """Give the weight of each object in the losses.

    Args:
        objects: what the info file has of the objects.
        by_score: an object weighs as much as its score, else 1.
        scores: see :func:`check_marks`.
        ignored: see :func:`check_marks`.

    Returns:
        float32 of shape (N,), 0 for what is ignored; None if there are neither scores nor flags.
    """
    given = objects.get(scores) if scores is not None else None
    flags = objects.get(ignored)
    if given is not None:
        weights = np.array(given, dtype=np.float32)
    elif flags is not None:
        weights = np.ones(len(flags), dtype=np.float32)
    else:
        return None
    weights = weights if by_score else np.ones_like(weights)
    return weights if flags is None else np.where(flags, np.float32(0), weights)


def with_weights(annos: dict[str, Any], weights: np.ndarray | None) -> dict[str, Any]:
    """Add the objects' weights to a frame's annotations as ``gt_weights_3d``, where there are any.

    Args:
        annos: the annotations, as a data set gives them to the pipeline.
        weights: of shape (N,), or None.
    """
    return annos if weights is None else {**annos, 'gt_weights_3d': weights}
