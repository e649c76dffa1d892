"""Clouds as numpy's ``.npy`` files."""

from pathlib import Path

import numpy as np

from mmcv_patched.messages import one_line
from mmdet3d.clouds.magic import HEAD_BYTES, identify
from mmdet3d.utils.errors import DataFormatError


def read_npy(path: Path) -> np.ndarray:
    """Read an array of any shape and type, but not of objects, which could run code.

    Args:
        path: the ``.npy`` file.

    Returns:
        what it holds.

    Raises:
        DataFormatError: if it is no whole ``.npy`` file, or one of objects.
    """
    with open(path, 'rb') as file:
        head = file.read(HEAD_BYTES)
    if not head.startswith(b'\x93NUMPY'):
        raise DataFormatError(
            f'{path}: this is {identify(head) or "no .npy file"}; write it with '
            'numpy.save, or give it the suffix of its format (.bin for raw float32 values)'
        )
    try:
        return np.load(path, allow_pickle=False)
    # A broken header can make its parser raise anything, and ask for any amount of memory.
    except Exception as error:
        raise DataFormatError(
            f'{path}: cannot be read as a .npy array of numbers ({one_line(str(error))}); save it '
            'as float32 of shape (N, columns)'
        ) from error
