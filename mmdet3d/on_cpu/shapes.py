"""Checks of shapes, of arrays and of tensors, in the same words."""

from typing import Any


def require_shape(name: str, array: Any, expected: tuple[str | int, ...]) -> None:
    """Check the shape of an argument.

    Args:
        name: what the caller calls the argument.
        array: the argument, an array or a tensor.
        expected: one entry per axis: a letter where any length will do, else the length.

    Raises:
        ValueError: if the number of axes or one of the fixed lengths differs.
    """
    given = tuple(array.shape)
    fits = len(given) == len(expected) and all(
        isinstance(want, str) or have == want for have, want in zip(given, expected)
    )
    if not fits:
        wanted = ', '.join(str(want) for want in expected)
        raise ValueError(f'{name} must have shape ({wanted}), got {given}')


def require_points(name: str, array: Any) -> None:
    """Check that an argument is a list of points, (N, C) with x, y, z as its first columns.

    Raises:
        ValueError: if it has another number of axes or fewer than three columns.
    """
    if array.ndim != 2 or array.shape[1] < 3:
        raise ValueError(
            f'{name} must have shape (N, C) with C >= 3 (x, y, z, ...), got {tuple(array.shape)}'
        )
