"""Telling the files of data sets apart: which program's, and which kind."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmdet3d.datasets.files import DataFormatError, load_info_file
from mmdet3d.utils.shown import shown

# What a frame of each kind of info file has, the most telling first.
_FRAMES = {
    ('image', 'calib'): 'a list of frames of KITTI',
    ('lidar_path', 'token'): 'a list of frames of nuScenes, as OpenPCDet writes it',
    ('pts_path',): 'a list of frames for Custom3DDataset',
}


def load_frames(path: str | Path, expected: str, remedy: str) -> list[dict[str, Any]]:
    """Read an info file that is a list of frames.

    Args:
        path: the file.
        expected: what it should be, for the message (``'info file of KITTI'``).
        remedy: what to do where it is not.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is broken, or does not hold a list of dicts.
    """
    frames = load_info_file(path, 'annotation file')
    if not isinstance(frames, (list, tuple)):
        raise foreign_file(path, frames, expected, remedy)
    check_frames(path, frames, remedy)
    return list(frames)


def check_frames(path: str | Path, frames: Sequence[Any], remedy: str) -> None:
    """Check that every frame is a dict.

    Raises:
        DataFormatError: if one is not; the message names the first.
    """
    bad = [index for index, frame in enumerate(frames) if not isinstance(frame, Mapping)]
    if bad:
        raise DataFormatError(
            f'{path}: {len(bad)} of {len(frames)} frames are no dict; frame {bad[0]} is '
            f'{_in_words(frames[bad[0]])}. {remedy}'
        )


def require_keys(
    path: str | Path, frames: Sequence[Mapping], keys: Sequence[str], expected: str, remedy: str
) -> None:
    """Check that every frame has what its data set reads of it.

    Args:
        path: the info file.
        frames: its frames.
        keys: what each has to have.
        expected: what the file should be, for the message.
        remedy: what to do where it is not.

    Raises:
        DataFormatError: if a frame lacks one; the message names the first.
    """
    for index, frame in enumerate(frames):
        missing = [key for key in keys if key not in frame]
        if missing:
            raise DataFormatError(
                f'{path} is no {expected}: frame {index} has {_names(frame)} but no '
                f'{missing}; this is {kind_of(frames)}. {remedy}'
            )


def foreign_file(path: str | Path, content: Any, expected: str, remedy: str) -> DataFormatError:
    """Make the error for a file of another kind.

    Args:
        path: the file.
        content: what it holds.
        expected: what it should be.
        remedy: what to do.
    """
    return DataFormatError(f'{path} is no {expected}; this is {kind_of(content)}. {remedy}')


def kind_of(content: Any) -> str:
    """Say in words what an info file or database is."""
    if isinstance(content, Mapping):
        return _kind_of_dict(content)
    if isinstance(content, (list, tuple)):
        return _kind_of_list(content)
    return _in_words(content)


def is_database(content: Any) -> bool:
    """Tell whether a file's content is a ground-truth database: entries under their class names.

    What each of them lacks is another question.
    """
    if not isinstance(content, Mapping) or not all(isinstance(name, str) for name in content):
        return False
    if not all(isinstance(entries, (list, tuple)) for entries in content.values()):
        return False
    entries = [entry for members in content.values() for entry in members]
    are_dicts = all(isinstance(entry, Mapping) for entry in entries)
    return are_dicts and (not entries or any('box3d_lidar' in entry for entry in entries))


def _kind_of_dict(content: Mapping) -> str:
    if {'metainfo', 'data_list'} <= set(content):
        return "an info file of mmdetection3d v1.1 or later (a dict of 'metainfo' and 'data_list')"
    if {'infos', 'metadata'} <= set(content):
        return 'an info file of nuScenes'
    if content and is_database(content):
        return 'a ground-truth database'
    names = ', '.join(map(shown, list(content)[:8]))
    return f'a dict of {names}' if content else 'an empty dict'


def _kind_of_list(content: Sequence) -> str:
    if not content:
        return 'an empty list'
    first = content[0]
    if not isinstance(first, Mapping):
        return f'a list of {type(first).__name__} objects'
    for keys, words in _FRAMES.items():
        if all(key in first for key in keys):
            return words
    return f'a list of dicts with {_names(first)[:8]}'


def _in_words(value: Any) -> str:
    return 'None' if value is None else f'a {type(value).__name__}'


def _names(keys: Iterable[Any]) -> list[str]:
    return sorted(key if isinstance(key, str) else shown(key) for key in keys)
