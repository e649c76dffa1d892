"""Whether files and folders can be written, seen before hours of work."""

import os
from pathlib import Path


def check_folder(path: str | Path, option: str) -> None:
    """Check that a folder is there or can be made, and can be written to; it is not made.

    Args:
        path: the folder.
        option: what names it, for the error.

    Raises:
        NotADirectoryError: if it, or what it is to be made in, is a file.
        PermissionError: if it cannot be written to.
    """
    nearest = Path(path).absolute()
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise NotADirectoryError(
            f'{option} {path}: {nearest} is a file, a folder is expected: give another'
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PermissionError(f'{option} {path}: {nearest} cannot be written to: give another')


def prepare_file(path: str | Path, option: str) -> None:
    """Make the folder of a file, and check that the file can be written.

    Args:
        path: the file.
        option: what names it, for the error.

    Raises:
        OSError: if the folder cannot be made, or the file cannot be written.
    """
    path = Path(path)
    check_folder(path.parent, f'{option} {path}: its folder')
    if path.is_dir():
        raise IsADirectoryError(f'{option} {path} is a folder: give the name of a file')
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(f'{option} {path} cannot be written: give another')
