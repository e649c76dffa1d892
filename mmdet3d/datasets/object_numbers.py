"""Judging the numbers of annotated objects, once, before anything is computed from them."""

import warnings
from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.schema import LARGEST

# In metres. Nothing on a road is longer, and nothing that scanners see is smaller.
LONGEST, SMALLEST = 50.0, 0.05
_NAMED = 5


def as_numbers(value: Any, what: str) -> np.ndarray:
    """Give an array of float64.

    Args:
        value: an array, or lists.
        what: what it is, for the message.

    Raises:
        DataFormatError: if it is no array of numbers.
    """
    try:
        if np.iscomplexobj(value):
            raise TypeError('they are complex')
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataFormatError(f'{what} is no array of numbers ({error})') from error


def as_boxes(value: Any) -> np.ndarray:
    """Give boxes as float64 of shape (N, columns); (0, 7) for an empty list, which has none."""
    boxes = np.asarray(value, dtype=np.float64)
    return boxes if len(boxes) else np.zeros((0, 7))


def sound_boxes(boxes: np.ndarray) -> np.ndarray:
    """Tell which boxes can be learnt from.

    Args:
        boxes: of shape (N, 7 or more): location, sizes and yaw; further columns may be anything.

    Returns:
        bool of shape (N,): all are finite and none is beyond :data:`LARGEST`, and sizes are above 0
        in float32.
    """
    with np.errstate(over='ignore', invalid='ignore'):
        columns = np.asarray(boxes, dtype=np.float64)[:, :7].astype(np.float32)
    return (np.abs(columns) <= LARGEST).all(axis=1) & (columns[:, 3:6] > 0).all(axis=1)


def sound_objects(
    path: str | Path, frames: Sequence[tuple[str, np.ndarray, Sequence[str]]]
) -> list[np.ndarray]:
    """Judge the objects of all frames of an info file, with a warning for the whole file.

    Args:
        path: the file.
        frames: of each its place in the file (``'frame 8'``), its boxes (N, 7 or more) and names
            (N,).

    Returns:
        of each frame which objects can be learnt from, bool of shape (N,).
    """
    boxes = np.concatenate([np.zeros((0, 7)), *(rows[:, :7] for _, rows, _ in frames)])
    keep = sound_boxes(boxes)
    parts = np.split(keep, np.cumsum([len(rows) for _, rows, _ in frames], dtype=int)[:-1])
    places = [
        f'{place} ({name})'
        for (place, _, names), part in zip(frames, parts)
        if not part.all()
        for name in np.asarray(names)[~part]
    ]
    warn_of_left_out(path, places, len(boxes))
    warn_of_units(path, boxes[keep, 3:6])
    return parts


def known_velocities(velocities: np.ndarray) -> np.ndarray:
    """Give velocities, of any shape, in m/s, with 0 for what is none: they are not known."""
    return np.where(np.abs(velocities) <= LARGEST, velocities, np.zeros_like(velocities))


def keep_objects(annos: Mapping[str, Any], keep: np.ndarray) -> dict[str, Any]:
    """Filter every array of a frame that has one row per object.

    Args:
        annos: arrays or lists; what is not N long stays as it is.
        keep: bool of shape (N,).
    """
    return {
        key: _rows_of(value, keep) if count_rows(value) == len(keep) else value
        for key, value in annos.items()
    }


def _rows_of(value: Any, keep: np.ndarray) -> Any:
    # Lists stay lists, as their rows may be anything.
    return value[keep] if isinstance(value, np.ndarray) else list(compress(value, keep))


def count_rows(value: Any) -> int:
    """Count the rows of an array or a list; -1 for anything else."""
    is_rows = isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim)
    return len(value) if is_rows else -1


def warn_of_left_out(path: str | Path, places: Sequence[str], total: int) -> None:
    """Warn of objects that were left out, if there are any.

    Args:
        path: the file that has them.
        places: where in it each of them is (``'line 3'``).
        total: objects of the file.
    """
    if not places:
        return
    more = ', ...' if len(places) > _NAMED else ''
    warnings.warn(
        f'{path}: left out {len(places)} of {total} objects, whose sizes are not all above 0 or '
        f'whose numbers are not finite, or beyond {LARGEST:g}: {", ".join(places[:_NAMED])}{more}',
        stacklevel=3,
    )


def warn_of_units(path: str | Path, sizes: np.ndarray) -> None:
    """Warn of sizes that are positive but not those of objects in metres; they are kept.

    Args:
        path: the file that has them.
        sizes: of shape (N, 3), in metres, all above 0.
    """
    longest = np.asarray(sizes).reshape(-1, 3).max(axis=1, initial=0)
    for odd, words, cause in (
        (longest > LONGEST, f'longer than {LONGEST:g} m', 'are they centimetres or millimetres?'),
        (longest < SMALLEST, f'smaller than {SMALLEST:g} m', 'are they another unit?'),
    ):
        if odd.any():
            warnings.warn(
                f'{path}: {np.count_nonzero(odd)} of {len(odd)} objects are {words} (the first: '
                f'{longest[odd][0]:g} m); sizes have to be in metres, {cause}',
                stacklevel=3,
            )
