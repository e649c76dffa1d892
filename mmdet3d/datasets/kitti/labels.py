"""Reading and writing KITTI label files, one object per line."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from mmcv_patched.full_disk import atomic_write
from mmdet3d.datasets.class_names import DONT_CARE, with_dont_care
from mmdet3d.datasets.files import DataFormatError, read_text
from mmdet3d.datasets.kitti.infos import camera_rows
from mmdet3d.datasets.object_numbers import sound_boxes, warn_of_left_out
from mmdet3d.datasets.schema import LARGEST
from mmdet3d.utils.shown import shown

# The numbers after the class name, as the object benchmark's readme defines them.
NUMBER_COLUMNS = (
    *('truncated', 'occluded', 'alpha', 'left', 'top', 'right', 'bottom'),
    *('height', 'width', 'length', 'x', 'y', 'z', 'rotation_y', 'score'),
)
# The devkit's levels, and -1 where there is none; of annotations with more, few.
_MOST_OCCLUDED = 100
# Objects whose box is not finite are left out rather than refused: see read_label.
_BOX_COLUMNS = frozenset({'height', 'width', 'length', 'x', 'y', 'z', 'rotation_y'})
_NOT_FINITE = frozenset({'nan', 'inf', 'infinity'})
RESULT_KEYS = ('name', 'alpha', 'bbox', 'dimensions', 'location', 'rotation_y', 'score')


def read_label(path: str | Path) -> dict[str, np.ndarray]:
    """Read the objects of one frame, in rectified camera coordinates.

    A file without lines is a frame without objects: arrays of length 0. Objects whose sizes are not
    above 0, or whose sizes, location or rotation are not finite, are left out with a warning that
    names their lines; DontCare regions have no box and stay, in any spelling.

    Args:
        path: the file, as KITTI's ``label_2/000008.txt``, or detections with a score column.

    Returns:
        arrays over the N objects, in the order of the file: name (str), truncated (float64, 0..1),
        occluded (int64, 0..3), alpha (float64, radians), bbox (N, 4: left, top, right, bottom in
        pixels), dimensions (N, 3: length, height, width in metres), location (N, 3: bottom centre
        in metres), rotation_y (radians), score (0 where the file has none), index (int32, number
        among the objects that are not DontCare, -1 for DontCare) and group_ids (int32, row).

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if the file is no UTF-8 text, a line has not 15 or 16 columns, or one is no
            number.
    """
    text = read_text(path, 'a label file')
    lines = [each for each in enumerate(text.splitlines(), start=1) if each[1].strip()]
    rows = [_parse_line(line, f'{path}, line {number}') for number, line in lines]
    names = with_dont_care(np.array([name for name, _ in rows], dtype=np.str_))
    numbers = np.array([values for _, values in rows], dtype=np.float64)
    annos = _annos_from_columns(names, numbers.reshape(-1, len(NUMBER_COLUMNS)))
    keep = sound_boxes(camera_rows(annos)) | (names == DONT_CARE)
    if keep.all():
        return annos
    places = [f'line {number} ({name})' for (number, _), name in zip(lines, names)]
    warn_of_left_out(path, [place for place, kept in zip(places, keep) if not kept], len(names))
    return _annos_from_columns(names[keep], numbers[keep])


def _parse_line(line: str, where: str) -> tuple[str, list[float]]:
    name, *words = line.split()
    with_score = len(NUMBER_COLUMNS)
    if len(words) not in (with_score - 1, with_score):
        raise DataFormatError(
            f'{where}: {len(words) + 1} columns, expected {with_score} (ground truth) or '
            f'{with_score + 1} (with a score): type {" ".join(NUMBER_COLUMNS)}'
        )
    values = [_parse_number(word, column, where) for column, word in zip(NUMBER_COLUMNS, words)]
    return name, values + [0.0] * (with_score - len(values))


def _parse_number(word: str, column: str, where: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if column in _BOX_COLUMNS and word.lower().strip('+-') in _NOT_FINITE:
        return value
    if column in _BOX_COLUMNS and math.isfinite(value):
        return value
    if column == 'occluded' and not (value.is_integer() and abs(value) <= _MOST_OCCLUDED):
        raise DataFormatError(
            f'{where}: occluded is {shown(word)}, expected a whole number from 0 to 3, or -1'
        )
    if not abs(value) <= LARGEST:
        raise DataFormatError(
            f'{where}: {column} is {shown(word)}, expected a number between {-LARGEST:g} and '
            f'{LARGEST:g}'
        )
    return value


def _annos_from_columns(names: np.ndarray, numbers: np.ndarray) -> dict[str, np.ndarray]:
    is_object = names != DONT_CARE
    return {
        'name': names,
        'truncated': numbers[:, 0].copy(),
        'occluded': numbers[:, 1].astype(np.int64),
        'alpha': numbers[:, 2].copy(),
        'bbox': numbers[:, 3:7].copy(),
        'dimensions': numbers[:, [9, 7, 8]],
        'location': numbers[:, 10:13].copy(),
        'rotation_y': numbers[:, 13].copy(),
        'score': numbers[:, 14].copy(),
        'index': np.where(is_object, np.cumsum(is_object) - 1, -1).astype(np.int32),
        'group_ids': np.arange(len(names), dtype=np.int32),
    }


def write_label(path: str | Path, annos: dict[str, Any]) -> None:
    """Write detections as the benchmark's server and devkit read them, 16 columns per line.

    Truncation and occlusion are written as -1, the devkit's "not set", where ``annos`` has none.
    A frame without detections gives an empty file.

    Args:
        path: the ``.txt`` file to write; missing folders are made.
        annos: name, alpha, bbox, dimensions (l, h, w), location, rotation_y and score, and
            optionally truncated and occluded, in the shapes and units of :func:`read_label`.

    Raises:
        KeyError: if one of the arrays is missing.
        ValueError: if the arrays are not all of the same length.
    """
    missing = [key for key in RESULT_KEYS if key not in annos]
    if missing:
        raise KeyError(f'cannot write {path}: annos has no {missing}; it needs {RESULT_KEYS}')
    lengths = {key: len(annos[key]) for key in RESULT_KEYS}
    if len(set(lengths.values())) > 1:
        raise ValueError(f'cannot write {path}: the arrays differ in length: {lengths}')
    text = ''.join(_format_line(annos, i) for i in range(lengths['name']))
    with atomic_write(path) as file:
        file.write(text.encode())


def _format_line(annos: dict[str, Any], i: int) -> str:
    length, height, width = annos['dimensions'][i]
    truncated = annos['truncated'][i] if 'truncated' in annos else -1
    occluded = int(annos['occluded'][i]) if 'occluded' in annos else -1
    numbers = [*annos['bbox'][i], height, width, length, *annos['location'][i]]
    numbers += [annos['rotation_y'][i], annos['score'][i]]
    texts = ' '.join(f'{number:.4f}' for number in (annos['alpha'][i], *numbers))
    return f'{annos["name"][i]} {truncated:.2f} {occluded} {texts}\n'
