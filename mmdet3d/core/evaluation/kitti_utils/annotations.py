"""Annotations of many frames, checked and laid end to end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

_WIDTHS = {'bbox': 4, 'dimensions': 3, 'location': 3}
_absent = partial(np.empty, 0)


@dataclass(frozen=True)
class Annotations:
    """The N boxes of all frames in one row; frame i owns ``starts[i]:starts[i + 1]``.

    Columns that were not asked for are empty.
    """

    starts: np.ndarray
    """Where the boxes of each frame begin and the last ones end, int64 of shape (F + 1,)."""
    names: np.ndarray
    """Class names, of shape (N,)."""
    bbox: np.ndarray
    """Image boxes x1, y1, x2, y2 in pixels, of shape (N, 4)."""
    boxes: np.ndarray = field(default_factory=_absent)
    """Camera boxes x, y (bottom), z, length, height, width, rotation_y, of shape (N, 7)."""
    alpha: np.ndarray = field(default_factory=_absent)
    """Observation angles in radians, of shape (N,); -10 where there is none."""
    truncated: np.ndarray = field(default_factory=_absent)
    """The part outside of the image, from 0 to 1, of shape (N,)."""
    occluded: np.ndarray = field(default_factory=_absent)
    """0 visible, 1 partly, 2 largely hidden, 3 unknown; of shape (N,)."""
    score: np.ndarray = field(default_factory=_absent)
    """Confidence of the detections, of shape (N,)."""

    @property
    def heights(self) -> np.ndarray:
        """Heights of the image boxes in pixels, of shape (N,)."""
        return np.abs(self.bbox[:, 3] - self.bbox[:, 1])

    def frame(self, index: int) -> slice:
        """Return where the boxes of a frame lie."""
        return slice(self.starts[index], self.starts[index + 1])


def stack_annotations(
    annos: Sequence[Mapping], side: str, columns: Sequence[str], with_boxes: bool
) -> Annotations:
    """Lay the annotations of all frames end to end.

    Args:
        annos: one mapping per frame with ``name``, ``bbox`` and, as asked for, other columns.
        side: what they are, for the errors.
        columns: further columns to keep, as named in ``Annotations``.
        with_boxes: whether to keep the camera boxes.

    Raises:
        KeyError: if a frame lacks a column.
        ValueError: if a column has the wrong shape or holds NaN or infinity.
    """
    names = [np.asarray(_get(anno, 'name', i, side), dtype=str) for i, anno in enumerate(annos)]
    counts = [len(name) for name in names]

    def column(key: str) -> np.ndarray:
        parts = [_numbers(anno, key, i, side, counts[i]) for i, anno in enumerate(annos)]
        return np.concatenate(parts)

    further = {key: column(key) for key in columns}
    if with_boxes:
        parts = [column('location'), column('dimensions'), column('rotation_y')[:, None]]
        further['boxes'] = np.concatenate(parts, axis=1)
    return Annotations(
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        names=np.concatenate(names),
        bbox=column('bbox'),
        **further,
    )


def _get(anno: Mapping, key: str, frame: int, side: str) -> object:
    if key not in anno:
        raise KeyError(f'{side} of frame {frame} have no {key!r}; they hold {sorted(anno)}')
    return anno[key]


def _numbers(anno: Mapping, key: str, frame: int, side: str, count: int) -> np.ndarray:
    shape = (count, _WIDTHS[key]) if key in _WIDTHS else (count,)
    values = np.asarray(_get(anno, key, frame, side), dtype=np.float64)
    if values.shape != shape and (values.size or count):
        raise ValueError(
            f'{key!r} of the {side} of frame {frame} has shape {values.shape}; '
            f'with {count} names it has to be {shape}'
        )
    if not np.isfinite(values).all():
        raise ValueError(f'{key!r} of the {side} of frame {frame} holds NaN or infinity')
    return values.reshape(shape)
