"""Reading KITTI calibration files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mmdet3d.datasets.files import DataFormatError, read_text
from mmdet3d.datasets.object_numbers import as_numbers
from mmdet3d.datasets.schema import LARGEST
from mmdet3d.utils.shown import shown

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
# What LiDAR detection needs.
REQUIRED = ('P2', 'R0_rect', 'Tr_velo_to_cam')
# Names of the tracking benchmark and of the raw data.
_OTHER_NAMES = {
    'R_rect': 'R0_rect',
    'R_rect_00': 'R0_rect',
    'Tr_velo_cam': 'Tr_velo_to_cam',
    'Tr_imu_velo': 'Tr_imu_to_velo',
    **{f'P_rect_0{camera}': f'P{camera}' for camera in range(4)},
}
# How far the rows of a rotation may be from orthonormal: files may round to two digits.
_ROTATION_TOLERANCE = 0.05


def read_calib(path: str | Path) -> dict[str, np.ndarray]:
    """Read the matrices of one frame, each extended to homogeneous coordinates.

    A LiDAR point p projects to the left colour image as ``P2 @ R0_rect @ Tr_velo_to_cam @ p``. The
    names of the tracking benchmark (``R_rect``, ``Tr_velo_cam``, ``Tr_imu_velo``) stand for those
    of the object benchmark.

    Args:
        path: the file, as KITTI's ``calib/000008.txt``.

    Returns:
        float64 arrays of shape (4, 4) under P2 (projection, in pixels), R0_rect and Tr_velo_to_cam
        (rotations, with translations in metres), and under P0, P1, P3 and Tr_imu_to_velo where the
        file has them.

    Raises:
        FileNotFoundError: if there is no such file.
        DataFormatError: if one of the first three is missing, a matrix has not the values it should
            have, or cannot be what it is called.
    """
    texts = dict(map(_parse_line, read_text(path, 'a calibration file').splitlines()))
    named = {_OTHER_NAMES.get(key, key): text for key, text in texts.items() if text}
    # The object benchmark's own names win.
    named.update({key: text for key, text in texts.items() if key in CALIB_SHAPES and text})
    missing = [key for key in REQUIRED if key not in named]
    if missing:
        has = ', '.join(key for key, text in texts.items() if text)
        raise DataFormatError(
            f'{path}: no {", ".join(missing)}; a calibration file has one line "NAME: values" for '
            f'each of {", ".join(REQUIRED)}, this one has {has or "none of them"}'
        )
    calib = {
        key: _parse_matrix(path, key, named[key], shape)
        for key, shape in CALIB_SHAPES.items()
        if key in named
    }
    return complete_calib(calib, str(path))


def _parse_line(line: str) -> tuple[str, str]:
    """Split a line into name and values, which a colon or a space may part."""
    name, _, values = line.strip().replace(':', ' ', 1).partition(' ')
    return name, values.strip()


def _parse_matrix(path: str | Path, key: str, text: str, shape: tuple[int, int]) -> np.ndarray:
    words = text.split()
    rows, columns = shape
    if len(words) not in (rows * columns, 16):
        raise DataFormatError(
            f'{path}: {key} has {len(words)} values, expected {rows * columns} '
            f'({rows} rows of {columns})'
        )
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise DataFormatError(f'{path}: {key} has a value that is no number: {error}') from error
    if not np.isfinite(values).all():
        raise DataFormatError(f'{path}: {key} has a value that is not finite: {text.strip()}')
    return _homogeneous(values.reshape((4, 4) if len(words) == 16 else shape))


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    """Extend a matrix of shape (3, 3) or (3, 4) to (4, 4)."""
    extended = np.eye(4)
    extended[: matrix.shape[0], : matrix.shape[1]] = matrix
    return extended


def complete_calib(calib: Mapping[str, np.ndarray], where: str) -> dict[str, np.ndarray]:
    """Check the matrices which detection needs, and extend those that are not homogeneous.

    Args:
        calib: P2, R0_rect and Tr_velo_to_cam, each (4, 4), (3, 4) or (3, 3).
        where: the file or frame, for the message.

    Returns:
        the same, each (4, 4).

    Raises:
        DataFormatError: if one is missing or of another shape, is no rigid transform (the last
            two), or projects all points to a line (P2).
    """
    return {**calib, **{key: _check_matrix(calib.get(key), key, where) for key in REQUIRED}}


def _check_matrix(value: np.ndarray | None, key: str, where: str) -> np.ndarray:
    matrix = np.asarray(np.nan) if value is None else as_numbers(value, f'{where}: {key}')
    if matrix.shape in ((3, 3), (3, 4)):
        matrix = _homogeneous(matrix)
    if matrix.shape != (4, 4) or matrix[3].tolist() != [0, 0, 0, 1]:
        raise DataFormatError(
            f'{where}: {key} is {_in_words(value)}; expected a matrix of shape (4, 4) whose last '
            'row is 0 0 0 1'
        )
    if not (abs(matrix) <= LARGEST).all():
        raise DataFormatError(
            f'{where}: {key} is {_in_words(value)}; expected numbers between {-LARGEST:g} and '
            f'{LARGEST:g}'
        )
    part = matrix[:3, :3]
    flaw = _flaw_of_projection(part) if key == 'P2' else _flaw_of_rotation(part)
    if flaw:
        raise DataFormatError(f'{where}: {key} {flaw}; its values are {part.tolist()}')
    return matrix


def _in_words(value: np.ndarray | None) -> str:
    return 'missing' if value is None else shown(np.asarray(value))


def _flaw_of_projection(part: np.ndarray) -> str | None:
    return None if abs(np.linalg.det(part)) > 1e-6 else 'projects everything to a line or a point'


def _flaw_of_rotation(part: np.ndarray) -> str | None:
    """Say what keeps (3, 3) values from being a rotation."""
    if not part.any():
        return 'is all zeros; without a rotation write the identity, 1 0 0 0 1 0 0 0 1'
    is_orthonormal = abs(part @ part.T - np.eye(3)).max() < _ROTATION_TOLERANCE
    return None if is_orthonormal and np.linalg.det(part) > 0 else 'is no rotation'


def camera_from_lidar(calib: Mapping[str, np.ndarray]) -> np.ndarray:
    """Give the matrix from LiDAR to rectified camera coordinates, for column vectors.

    Returns:
        float64 of shape (4, 4).
    """
    return np.asarray(calib['R0_rect'], np.float64) @ np.asarray(
        calib['Tr_velo_to_cam'], np.float64
    )
