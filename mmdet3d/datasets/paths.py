"""Paths that info files and databases name, which another machine or system may have written."""

import os.path as osp
import re
from pathlib import PurePosixPath

_DRIVE = re.compile(r'[A-Za-z]:/')


def with_slashes(path: str) -> str:
    """Write a path with slashes, also one that was written on Windows."""
    return str(path).replace('\\', '/')


def locate(path: str, root: str) -> str:
    r"""Find a file that an info file names.

    An absolute path of another machine (``C:\data\kitti\clouds\0.bin``) stands for the file whose
    path below ``root`` has the longest part of it.

    Args:
        path: as the info file has it, relative to ``root`` or absolute.
        root: folder of the data set.

    Returns:
        where the file is, or the path below ``root`` if it is nowhere.
    """
    path = with_slashes(path)
    here = osp.join(root, path)
    if osp.isfile(here) or not (path.startswith('/') or _DRIVE.match(path)):
        return here
    parts = PurePosixPath(path).parts[1:]
    below = (osp.join(root, *parts[start:]) for start in range(len(parts)))
    return next(filter(osp.isfile, below), here)
