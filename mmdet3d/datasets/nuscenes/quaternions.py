"""Rotations as unit quaternions (w, x, y, z), as nuScenes stores them; arrays (..., 4)."""

import numpy as np


def rotation_matrix(quaternion: np.ndarray) -> np.ndarray:
    """Give the matrices (..., 3, 3) that turn column vectors as quaternions (..., 4) do.

    The quaternions are normalised first, as stored ones are rounded.
    """
    quaternion = np.asarray(quaternion, dtype=np.float64)
    w, x, y, z = np.moveaxis(quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_rotation_matrix(matrix: np.ndarray) -> np.ndarray:
    """Give the quaternion (4,) with w >= 0 of one rotation matrix (3, 3).

    Source: Bar-Itzhack, New Method for Extracting the Quaternion from a Rotation Matrix, 2000: the
    quaternion is the eigenvector of the largest eigenvalue of a symmetric matrix.
    """
    m = np.asarray(matrix, dtype=np.float64)
    k = np.zeros((4, 4))
    k[0, 0] = np.trace(m)
    k[0, 1:] = k[1:, 0] = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    k[1:, 1:] = m + m.T - np.trace(m) * np.eye(3)
    quaternion = np.linalg.eigh(k)[1][:, -1]
    return quaternion if quaternion[0] >= 0 else -quaternion


def multiply(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give the product (..., 4): the rotation by ``second``, then by ``first``."""
    a, b = np.broadcast_arrays(np.asarray(first, np.float64), np.asarray(second, np.float64))
    vector = a[..., :1] * b[..., 1:] + b[..., :1] * a[..., 1:] + np.cross(a[..., 1:], b[..., 1:])
    scalar = a[..., :1] * b[..., :1] - (a[..., 1:] * b[..., 1:]).sum(axis=-1, keepdims=True)
    return np.concatenate([scalar, vector], axis=-1)


def about_z(angle: float | np.ndarray) -> np.ndarray:
    """Give the quaternions (..., 4) of counter-clockwise turns about z, in radians."""
    half = np.asarray(angle, dtype=np.float64) / 2
    return np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=-1)


def yaw_of(matrix: np.ndarray) -> np.ndarray:
    """Give the headings (...) of the x axes of rotation matrices (..., 3, 3), seen from above."""
    return np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0])
