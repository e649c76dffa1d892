"""Reading KITTI calibration files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mmdet3d.datasets.files import DataFormatError, require_file

# Shapes as the object benchmark's readme defines them.
CALIB_SHAPES = {
    'P0': (3, 4),
    'P1': (3, 4),
    'P2': (3, 4),
    'P3': (3, 4),
    'R0_rect': (3, 3),
    'Tr_velo_to_cam': (3, 4),
    'Tr_imu_to_velo': (3, 4),
}


def read_calib(path: str | Path) -> dict[str, np.ndarray]:
    """Read the matrices of one frame, each extended to homogeneous coordinates.

    A LiDAR point p projects to the left colour image as ``P2 @ R0_rect @ Tr_velo_to_cam @ p``.

    Args:
        path: the file, as KITTI's ``calib/000008.txt``.

    Returns:
        float64 arrays of shape (4, 4) under P0, P1, P2, P3 (projections, in pixels), R0_rect,
        Tr_velo_to_cam and Tr_imu_to_velo (rotations, with translations in metres).

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if a matrix is missing, or has not the values it should have.
    """
    path = require_file(path, 'a calibration file')
    lines = path.read_text().splitlines()
    texts = {key.strip(): text for key, _, text in (line.partition(':') for line in lines) if text}
    missing = [key for key in CALIB_SHAPES if key not in texts]
    if missing:
        raise DataFormatError(
            f'{path}: no {", ".join(missing)}; a calibration file has one line "NAME: values" for '
            f'each of {", ".join(CALIB_SHAPES)}, this one has {", ".join(texts) or "none of them"}'
        )
    return {key: _parse_matrix(path, key, texts[key], shape) for key, shape in CALIB_SHAPES.items()}


def _parse_matrix(path: Path, key: str, text: str, shape: tuple[int, int]) -> np.ndarray:
    words = text.split()
    if len(words) != shape[0] * shape[1]:
        raise DataFormatError(
            f'{path}: {key} has {len(words)} values, expected {shape[0] * shape[1]} '
            f'({shape[0]} rows of {shape[1]})'
        )
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise DataFormatError(f'{path}: {key} has a value that is no number: {error}') from error
    if not np.isfinite(values).all():
        raise DataFormatError(f'{path}: {key} has a value that is not finite: {text.strip()}')
    matrix = np.eye(4)
    matrix[: shape[0], : shape[1]] = values.reshape(shape)
    return matrix


def camera_from_lidar(calib: Mapping[str, np.ndarray]) -> np.ndarray:
    """Give the matrix from LiDAR to rectified camera coordinates, for column vectors.

    Returns:
        float64 of shape (4, 4).
    """
    return np.asarray(calib['R0_rect'], np.float64) @ np.asarray(
        calib['Tr_velo_to_cam'], np.float64
    )
