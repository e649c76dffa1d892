"""Files of data sets: missing ones named, written whole or not at all, pickles for any numpy."""

import codecs
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from mmcv_patched.full_disk import atomic_write
from mmdet3d.utils.errors import DataFormatError
from mmdet3d.utils.files import require_file
from mmdet3d.utils.unpickling import UnsafePickle, load_plain

# The newest protocol that every Python 3 reads.
PICKLE_PROTOCOL = 4
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def read_text(path: str | Path, purpose: str) -> str:
    """Read a text file in UTF-8, with or without a byte-order mark.

    Args:
        path: the file.
        purpose: what it is, for the messages (``'a label file'``).

    Returns:
        its text, without the mark.

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if it is in another encoding, or no text.
    """
    path = require_file(path, purpose)
    content = path.read_bytes()
    try:
        if not content.startswith(_WIDE_MARKS) and b'\0' not in content:
            return content.decode('utf-8-sig')
    except UnicodeDecodeError:
        pass
    raise DataFormatError(
        f'{path}: {purpose} is expected here as UTF-8 text, this file is {_encoding_of(content)}. '
        'Write it anew, or convert it: iconv -f ENCODING -t UTF-8 FILE'
    )


def _encoding_of(content: bytes) -> str:
    """Say what a file seems to be that is no text in UTF-8."""
    if content.startswith(_WIDE_MARKS):
        return 'text in UTF-16 or UTF-32, as some editors and shells of Windows write it'
    # Of Latin letters in UTF-16, every second byte is a zero.
    if content.count(0) * 3 > len(content):
        return 'text in UTF-16 without a byte-order mark'
    if any(byte < 32 and byte not in b'\t\n\r\f\v' for byte in content):
        return 'binary'
    return 'text in a one-byte encoding such as Latin-1 (ISO-8859-1) or Windows-1252'


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
    with atomic_write(path, lambda: _pickled_size(content)) as file:
        _PortablePickler(file, protocol=PICKLE_PROTOCOL).dump(content)


def _pickled_size(content: Any) -> int:
    counter = _Counter()
    _PortablePickler(counter, protocol=PICKLE_PROTOCOL).dump(content)
    return counter.size


class _Counter:
    """A file that keeps only how much is written to it."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        """Count the bytes."""
        self.size += memoryview(data).nbytes
        return memoryview(data).nbytes


def load_info_file(path: str | Path, what: str) -> Any:
    """Read an annotation file or an object database.

    Args:
        path: the file. Nothing that it asks for is run: it may hold numbers, text, lists, dicts and
            numpy arrays.
        what: what it is, for the messages.

    Returns:
        its content.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is no pickle, broken off, or of other objects.
    """
    remedy = (
        'write it with tools/create_data.py (for KITTI: python tools/create_data.py kitti '
        '--root-path DATA --out-dir DATA --extra-tag kitti; for nuScenes: python '
        'tools/create_data.py nuscenes --root-path DATA --version v1.0-trainval)'
    )
    if not Path(path).is_file():
        raise FileNotFoundError(f'{what} {path} does not exist; correct the path, or {remedy}')
    content = Path(path).read_bytes()
    try:
        return load_plain(content)
    # Broken bytes can make the unpickler raise anything.
    except Exception as error:
        raise DataFormatError(
            f'{what} {path} is no complete pickle of plain objects and arrays: '
            f'{_why_unreadable(content, error)}; {remedy}'
        ) from error


def _why_unreadable(content: bytes, error: Exception) -> str:
    """Say what a file seems to be that cannot be unpickled."""
    if not content.strip():
        return 'it is empty'
    if content.lstrip()[:1] in (b'{', b'['):
        return 'it is JSON text'
    if content[:2] == b'PK':
        return 'it is a zip archive, as checkpoints are'
    reason = ' '.join(f'{type(error).__name__}: {error}'.split())
    if isinstance(error, UnicodeDecodeError):
        return f'Python 2 wrote it ({reason})'
    if isinstance(error, UnsafePickle):
        return f'it asks for {error}, which is not loaded, since that could run code'
    return f'it is broken off, or no pickle ({reason})'
