"""Places to write to, looked at before what is to be written has taken hours."""

import os
import tempfile
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
    try:
        # A file without a name: permissions do not tell of all file systems.
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise PermissionError(
            f'{option} {path}: {nearest} cannot be written to ({error.strerror}): give another'
        ) from error


def prepare_folder(path: str | Path, what: str) -> None:
    """Make a folder, and see that files can be written into it.

    Args:
        path: the folder.
        what: what asks for it, for the error (``'--show-dir'``).

    Raises:
        OSError: if it cannot be.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise type(error)(
            f'{what} {path}: nothing can be written there ({reason}); name another folder'
        ) from error


def prepare_file(path: str | Path, what: str) -> None:
    """Make the folder of a file, and see that the file can be written.

    Args:
        path: the file; one that is there is left as it is.
        what: what asks for it, for the error.

    Raises:
        OSError: if it cannot be.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(f'{what} {path} is a folder; name a file')
    prepare_folder(Path(path).parent, f'{what} {path}: folder')
