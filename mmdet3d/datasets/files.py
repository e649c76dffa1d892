"""Files of data sets: missing ones named, written whole or not at all, pickles for any numpy."""

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# The newest protocol that every Python 3 reads.
PICKLE_PROTOCOL = 4


class DataFormatError(ValueError):
    """A file of a data set does not have the content that the data set defines for it."""


def require_file(path: str | Path, purpose: str) -> Path:
    """Return ``path`` if a file stands there.

    Args:
        path: the file that is needed.
        purpose: what the file is, for the message (``'a label file'``).

    Raises:
        FileNotFoundError: if there is no such file; the message says whether its folder exists.
    """
    path = Path(path)
    if path.is_file():
        return path
    where = 'its folder exists' if path.parent.is_dir() else f'nor is the folder {path.parent}'
    raise FileNotFoundError(
        f'{path}: {purpose} is expected here, but there is none ({where}). '
        'Check the root path, and the list that names it (ImageSets, or the info file).'
    )


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` and rename it to ``path`` once it is complete.

    Missing folders are made. On an exception the temporary file is removed and a file that was
    at ``path`` before is left as it was.

    Args:
        path: the file to write.

    Yields:
        the temporary file, opened for writing bytes.
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
        path: the file to write.
        content: numbers, strings, lists, dicts and numpy arrays.
    """
    with atomic_write(path) as file:
        _PortablePickler(file, protocol=PICKLE_PROTOCOL).dump(content)


def load_info_file(path: str, what: str) -> Any:
    """Read an annotation file or an object database.

    Args:
        path: the file. Loading a pickle can run code: take such files only from where you trust.
        what: what it is, for the messages.

    Returns:
        its content.

    Raises:
        FileNotFoundError: if it does not exist.
        ValueError: if it is broken off or no pickle.
    """
    remedy = (
        'write it with tools/create_data.py (for KITTI: python tools/create_data.py kitti '
        '--root-path DATA --out-dir DATA --extra-tag kitti; for nuScenes: python '
        'tools/create_data.py nuscenes --root-path DATA --version v1.0-trainval)'
    )
    if not Path(path).is_file():
        raise FileNotFoundError(f'{what} {path} does not exist; correct the path, or {remedy}')
    with open(path, 'rb') as file:
        try:
            return pickle.load(file)
        except (EOFError, pickle.UnpicklingError) as error:
            raise ValueError(f'{what} {path} is no complete pickle ({error}); {remedy}') from error
