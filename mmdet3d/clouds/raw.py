"""Clouds as raw float32 values, one point after the other, as KITTI and nuScenes have them."""

from pathlib import Path

import numpy as np

from mmdet3d.clouds.magic import refuse_disguised
from mmdet3d.utils.errors import DataFormatError

_USUAL = (3, 4, 5, 6)


def read_raw(path: Path, num_features: int) -> np.ndarray:
    """Read the values.

    Args:
        path: the file.
        num_features: values per point.

    Returns:
        float32 of shape (N, num_features).

    Raises:
        DataFormatError: if it is of another format, or not a whole number of points.
    """
    content = np.fromfile(path, dtype=np.uint8)
    refuse_disguised(path, content)
    point_bytes = 4 * num_features
    if content.size % point_bytes:
        fitting = [number for number in _USUAL if content.size % (4 * number) == 0]
        raise DataFormatError(
            f'{path}: {content.size} bytes is not a multiple of {point_bytes} bytes '
            f'({num_features} float32 values per point). The file is cut short, or its points '
            f'have another number of features'
            + (f': {" or ".join(map(str, fitting))} would fit (load_dim).' if fitting else '.')
        )
    return content.view(np.float32).reshape(-1, num_features)
