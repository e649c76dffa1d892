"""Files that appear whole or not at all, and errors that say which one had no room."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

_REASONS = {
    errno.ENOSPC: 'no space left on device',
    errno.EDQUOT: 'disk quota exceeded',
    errno.EFBIG: 'the file is larger than this system or ulimit -f allows',
}


class DiskFullError(OSError):
    """A file could not be written for want of room; the message names it."""


@contextmanager
def explain_full_disk(path: str | Path, needs: Callable[[], int]) -> Iterator[None]:
    """Say of what is written within the block which file had no room, and how much it needs.

    Args:
        path: the file.
        needs: gives the bytes that it needs at least.

    Raises:
        DiskFullError: if there is no room for it.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        free = shutil.disk_usage(_nearest_folder(Path(path))).free
        raise DiskFullError(
            f'{path} cannot be written: {_REASONS[error.errno]}; it needs at least '
            f'{_in_megabytes(needs())}, {_in_megabytes(free)} are free there: free some space, or '
            'write elsewhere'
        ) from error


@contextmanager
def atomic_write(path: str | Path, needs: Callable[[], int] | None = None) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` and rename it to ``path`` once it is complete.

    Missing folders are made. On an exception the temporary file is removed and a file that was
    at ``path`` before is left as it was.

    Args:
        path: the file to write.
        needs: gives the bytes that will be written, where that is known; for the error.

    Yields:
        the temporary file, opened for writing bytes.

    Raises:
        DiskFullError: if there is no room for it.
    """
    path = Path(path)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    written = 0
    with explain_full_disk(path, needs or (lambda: written)):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, 'wb') as file:
                yield file
            os.replace(temporary, path)
        finally:
            if temporary.exists():
                written = temporary.stat().st_size
                temporary.unlink()


def write_whole(path: str | Path, content: bytes | str) -> None:
    """Write a file as :func:`atomic_write` does, text as UTF-8.

    Raises:
        DiskFullError: if there is no room for it.
    """
    data = content.encode() if isinstance(content, str) else content
    with atomic_write(path, lambda: len(data)) as file:
        file.write(data)


def bytes_of_tensors(content: Any) -> int:
    """Count the bytes of all tensors in dicts, lists and tuples, at any depth."""
    if hasattr(content, 'element_size'):  # a tensor: torch is not imported to ask
        return content.numel() * content.element_size()
    if isinstance(content, Mapping):
        return sum(map(bytes_of_tensors, content.values()))
    if isinstance(content, (list, tuple)):
        return sum(map(bytes_of_tensors, content))
    return 0


def _nearest_folder(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _in_megabytes(size: int) -> str:
    return f'{size / 1e6:.2f} MB'
