"""What a file is, by its first bytes, whatever its name says."""

from pathlib import Path

import numpy as np

from mmdet3d.utils.errors import DataFormatError

# How many of the first bytes tell.
HEAD_BYTES = 512

_BEGINNINGS = {
    b'\x93NUMPY': 'a .npy array',
    b'# .PCD': 'a .pcd cloud',
    b'VERSION ': 'a .pcd cloud',
    b'FIELDS ': 'a .pcd cloud',
    b'ply\n': 'a .ply cloud',
    b'ply\r\n': 'a .ply cloud',
    b'PK\x03\x04': 'a .zip or .npz archive',
    b'BZh': 'a bzip2 file, which bunzip2 unpacks',
    b'\xfd7zXZ\x00': 'an xz file, which unxz unpacks',
    b'\x28\xb5\x2f\xfd': 'a zstd file, which unzstd unpacks',
    b'version https://git-lfs': 'a pointer of git-lfs, whose content "git lfs pull" fetches',
    b'LASF': 'a LAS cloud',
    b'\x89HDF': 'an HDF5 file',
    b'\x89PNG': 'a PNG image',
    b'\xff\xd8\xff\xe0': 'a JPEG image',
}
_PRINTABLE = frozenset(range(0x20, 0x7F)) | frozenset(b'\t\r\n')


def identify(head: bytes) -> str | None:
    """Name what a file is that is no raw numbers.

    Args:
        head: its first :data:`HEAD_BYTES` bytes, fewer where it is shorter.

    Returns:
        its kind for a message, None where the bytes may be raw numbers.
    """
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    # Read as a float32, a gzip file begins with a number below 1e-18.
    if head.startswith(b'\x1f\x8b\x08') and len(head) > 3 and head[3] < 0x20:
        return 'a gzip file, which gunzip unpacks'
    if len(head) >= 8 and _PRINTABLE.issuperset(head):
        return f'text, which begins with {head[:32].decode()!r}'
    return None


def refuse_disguised(path: Path, content: np.ndarray) -> None:
    """Refuse a file of raw numbers that is something else.

    Args:
        path: the file, for the message.
        content: its bytes, uint8 of shape (N,).

    Raises:
        DataFormatError: if its first bytes are those of another format.
    """
    kind = identify(content[:HEAD_BYTES].tobytes())
    if kind is not None:
        raise DataFormatError(
            f'{path}: this is {kind}, but its name says raw float32 values; give it the suffix of '
            'its format (.npy, .pcd and .ply are read), or convert it'
        )
