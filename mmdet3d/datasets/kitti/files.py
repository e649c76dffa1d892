"""Writing files so that a killed run never leaves a broken one, and pickles that load anywhere."""

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# The newest protocol that every Python 3 reads.
PICKLE_PROTOCOL = 4


class KittiFormatError(ValueError):
    """A file of the dataset does not have the content that KITTI defines for it."""


def require_file(path: str | Path, purpose: str) -> Path:
    """Return ``path`` if a file stands there.

    Args:
        path: The file that is needed.
        purpose: What the file is, for the message (``'a label file'``).

    Raises:
        FileNotFoundError: There is no such file; the message says whether its folder exists.
    """
    path = Path(path)
    if path.is_file():
        return path
    where = 'its folder exists' if path.parent.is_dir() else f'nor is the folder {path.parent}'
    raise FileNotFoundError(
        f'{path}: {purpose} is expected here, but there is none ({where}). '
        'Check the root path and the ids listed in ImageSets.'
    )


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` and rename it to ``path`` once it is complete.

    Missing folders are made. On an exception the temporary file is removed and a file that was
    at ``path`` before is left as it was.

    Args:
        path: The file to write.

    Yields:
        The temporary file, opened for writing bytes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        with open(temporary, 'wb') as file:
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class _PortablePickler(pickle.Pickler):
    """A pickler that names no private module of numpy.

    numpy 2 pickles arrays by a name that numpy before 1.26 does not know, so info files made with
    one would not load with the other.
    """

    def reducer_override(self, obj: Any) -> Any:
        """Rebuild arrays through the public ``numpy.ndarray``, on writable memory."""
        if type(obj) is np.ndarray and not obj.dtype.hasobject:
            return np.ndarray, (obj.shape, obj.dtype.str, bytearray(obj.tobytes()))
        return NotImplemented


def dump_pickle(path: str | Path, content: Any) -> None:
    """Write ``content`` (plain objects and arrays) as a pickle, atomically.

    Args:
        path: The file to write.
        content: Numbers, strings, lists, dicts and numpy arrays.
    """
    with atomic_write(path) as file:
        _PortablePickler(file, protocol=PICKLE_PROTOCOL).dump(content)
