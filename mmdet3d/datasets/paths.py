"""Paths that info files and databases name, which another machine or system may have written."""

import os.path as osp
import posixpath
import re
from pathlib import PurePosixPath

from mmdet3d.datasets.files import DataFormatError

_DRIVE = re.compile(r'[A-Za-z]:/')


def with_slashes(path: str) -> str:
    """Write a path with slashes, also one that was written on Windows."""
    return str(path).replace('\\', '/')


def below(path: str, root: str, source: str) -> str:
    """Return where a path leads that is relative to a folder, and has to stay in it.

    Links inside the folder are followed: who laid the data out made them.

    Args:
        path: as an info file has it.
        root: folder of the data set.
        source: the info file, for the error.

    Raises:
        DataFormatError: if it leads out of the folder.
    """
    path = with_slashes(path)
    if _is_absolute(path) or _leaves(path):
        raise _outside(path, root, source)
    return osp.join(root, path)


def locate(path: str, root: str, source: str, absolute: bool = False) -> str:
    r"""Find a file that an info file names.

    An absolute path of another machine (``C:\data\kitti\clouds\0.bin``) stands for the file whose
    path below ``root`` has the longest part of it.

    Args:
        path: as the info file has it, relative to ``root`` or absolute.
        root: folder of the data set.
        source: the info file, for the error.
        absolute: take absolute paths of files that are not below ``root``, too.

    Returns:
        where the file is, or the path below ``root`` if it is nowhere.

    Raises:
        DataFormatError: if it is a file out of ``root``.
    """
    path = with_slashes(path)
    if not _is_absolute(path):
        return below(path, root, source)
    path = posixpath.normpath(path)
    if osp.isfile(path) and (absolute or _is_below(path, root)):
        return path
    parts = PurePosixPath(path).parts[1:]
    candidates = (osp.join(root, *parts[start:]) for start in range(len(parts)))
    found = next(filter(osp.isfile, candidates), None)
    if found is None and osp.isfile(path):
        raise _outside(path, root, source)
    return found or osp.join(root, *parts)


def locate_from_here(path: str, root: str, depth: int, source: str, absolute: bool = False) -> str:
    """Find a file that an info file names relative to the current folder, as nuScenes' do.

    Args:
        path: as the info file has it.
        root: folder of the data set.
        depth: how many parts of the path are those below ``root``.
        source: the info file, for the error.
        absolute: take paths of files that are not below ``root``, too.

    Returns:
        where the file is, or where it would be below ``root`` if it is nowhere.

    Raises:
        DataFormatError: if it is a file out of ``root``.
    """
    path = posixpath.normpath(with_slashes(path))
    if osp.isfile(path) and (absolute or _is_below(path, root)):
        return path
    moved = osp.join(root, *PurePosixPath(path).parts[-depth:])
    if osp.isfile(moved) and _is_below(moved, root):
        return moved
    if osp.isfile(path):
        raise _outside(path, root, source)
    return moved


def _is_absolute(path: str) -> bool:
    return path.startswith('/') or _DRIVE.match(path) is not None


def _leaves(path: str) -> bool:
    return posixpath.normpath(path).split('/')[0] == '..'


def _is_below(path: str, root: str) -> bool:
    path, root = osp.abspath(path), osp.abspath(root)
    return osp.commonpath([path, root]) == root


def _outside(path: str, root: str, source: str) -> DataFormatError:
    return DataFormatError(
        f'{source} names {path}, which is not below its folder {root}: name the folder that '
        'it is in by --data-root, or set absolute_paths=True there in the config if you trust this '
        'file'
    )
