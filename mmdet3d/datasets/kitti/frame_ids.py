"""What frames are called: KITTI's six digits, or any other name of a file."""

import re
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from mmdet3d.datasets.files import DataFormatError

FrameId = int | str

# Clouds as scanners' software writes them, KITTI's own first.
CLOUD_SUFFIXES = ('.bin', '.npy', '.pcd', '.ply')
# The folder of the clouds that create_data.py writes.
REDUCED = 'velodyne_reduced'
# Images as OpenCV reads them, KITTI's own first.
IMAGE_SUFFIXES = (
    *('.png', '.jpg', '.jpeg', '.jpe', '.bmp', '.dib', '.tif', '.tiff', '.webp', '.jp2'),
    *('.ppm', '.pgm', '.pbm', '.pnm', '.ras', '.sr'),
)
_KNOWN_SUFFIXES = (*CLOUD_SUFFIXES, *IMAGE_SUFFIXES, '.txt')
_NAME = re.compile(r'\w[\w.+-]*')


def file_stem(frame: FrameId) -> str:
    """Give the name of a frame's files: six digits for a number, a name as it is."""
    return frame if isinstance(frame, str) else f'{frame:06d}'


def stem_of(info: Mapping[str, Any]) -> str:
    """Give the name of the files of a frame of an info file, as its cloud's path has it."""
    path = _cloud_path(info)
    return PureWindowsPath(path).stem if path else file_stem(info['image']['image_idx'])


def cloud_name(info: Mapping[str, Any], folder: str) -> str:
    """Give the name of a frame's cloud in a folder.

    Args:
        info: the frame's entry of an info file.
        folder: ``'velodyne'``, or ``'velodyne_reduced'``, whose clouds are ``.bin`` files whatever
            those they were made of are.
    """
    path = PureWindowsPath(_cloud_path(info) or f'{REDUCED}/0.bin')
    is_rewritten = PureWindowsPath(folder).name == REDUCED != path.parent.name
    return f'{stem_of(info)}{".bin" if is_rewritten else path.suffix or ".bin"}'


def _cloud_path(info: Mapping[str, Any]) -> str | None:
    return (info.get('point_cloud') or {}).get('velodyne_path')


def is_name(word: str) -> bool:
    """Tell whether a word can name a file: letters, digits, ``_``, ``.``, ``+``, ``-``."""
    return _NAME.fullmatch(word) is not None and '..' not in word


def parse_id(line: str, where: str, clouds: Path) -> FrameId:
    """Read a line of a list of frames.

    Args:
        line: an id, which the suffix of a file may follow.
        where: the line's place, for the message.
        clouds: the folder of the clouds.

    Returns:
        a number for KITTI's six digits, and for fewer where no cloud is called so; else the id as
        it is written.

    Raises:
        DataFormatError: if it cannot be the name of a file.
    """
    word = without_suffix(line.strip())
    if not is_name(word):
        raise DataFormatError(
            f'{where}: {word!r} is no frame id; expected the name of its files without their '
            'suffix, like 000008'
        )
    if not (word.isascii() and word.isdigit()):
        return word
    is_short = len(word) < 6 and find_file(clouds / word, CLOUD_SUFFIXES) is None
    return int(word) if is_short or word == file_stem(int(word)) else word


def without_suffix(word: str) -> str:
    """Drop the suffix of a cloud, an image or a label file."""
    stem, dot, suffix = word.rpartition('.')
    return stem if f'{dot}{suffix}'.lower() in _KNOWN_SUFFIXES else word


def find_file(stem: Path, suffixes: tuple[str, ...]) -> Path | None:
    """Find a frame's file of any of several formats.

    Args:
        stem: its path without suffix.
        suffixes: the suffixes in lower case, the preferred first.

    Returns:
        the first that exists, with its suffix in lower or upper case or capitalised; None if there
        is none.
    """
    for suffix in suffixes:
        for written in (suffix, suffix.upper(), f'.{suffix[1:].capitalize()}'):
            path = stem.with_name(f'{stem.name}{written}')
            if path.is_file():
                return path
    return None
