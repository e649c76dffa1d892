"""Rotations against pyquaternion, which the devkit uses."""

import numpy as np
from pyquaternion import Quaternion

from mmdet3d.datasets.nuscenes.quaternions import (
    about_z,
    from_rotation_matrix,
    multiply,
    rotation_matrix,
    yaw_of,
)


def random_quaternions(number: int) -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(number, 4))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_matrices_are_those_of_pyquaternion_and_come_back():
    for values in random_quaternions(50):
        matrix = rotation_matrix(values)
        np.testing.assert_allclose(matrix, Quaternion(values).rotation_matrix, atol=1e-12)
        back = from_rotation_matrix(matrix)
        np.testing.assert_allclose(back, values * np.sign(values[0]), atol=1e-9)


def test_half_turns_come_back():
    for axis in np.eye(3):
        matrix = 2 * np.outer(axis, axis) - np.eye(3)
        np.testing.assert_allclose(rotation_matrix(from_rotation_matrix(matrix)), matrix, atol=1e-9)


def test_products_are_those_of_pyquaternion():
    a, b = random_quaternions(20), random_quaternions(40)[20:]
    expected = [(Quaternion(x) * Quaternion(y)).elements for x, y in zip(a, b)]
    np.testing.assert_allclose(multiply(a, b), expected, atol=1e-12)
    np.testing.assert_allclose(multiply(a[0], b), [multiply(a[0], y) for y in b])


def test_turns_about_z_have_their_yaw():
    angles = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(yaw_of(rotation_matrix(about_z(angles))), angles)


def test_no_quaternions_give_no_matrices():
    assert rotation_matrix(np.zeros((0, 4))).shape == (0, 3, 3)
