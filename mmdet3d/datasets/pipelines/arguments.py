"""What the arguments of steps have to be, and how a step shows its own.

Every function takes the step, the argument's name and what was given, and returns it as plain
Python numbers, lists or strings. Numbers of numpy, tuples, lists, arrays and mmcv's configs are all
taken. Whatever does not fit raises a ``ValueError`` that names the step, the argument, what was
given, what is expected and an example.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_INFINITE = math.inf


class PipelineStep:
    """A step that shows its arguments as ``ClassName(argument=value, ...)``.

    Each argument of the constructor is an attribute of the same name.
    """

    def __repr__(self) -> str:
        names = inspect.signature(type(self).__init__).parameters
        shown = [f'{name}={getattr(self, name)!r}' for name in names if hasattr(self, name)]
        return f'{type(self).__name__}({", ".join(shown)})'


def misfit(step: object, name: str, value: Any, expected: str, example: Any) -> ValueError:
    """Make the error for an argument that does not fit.

    Args:
        step: the step.
        name: name of the argument.
        value: what was given.
        expected: what would fit.
        example: a value that would.
    """
    return ValueError(
        f'{name}={value!r} ({type(value).__name__}) of {type(step).__name__}; expected '
        f'{expected}, such as {name}={example!r}'
    )


def _plain(value: Any) -> Any:
    """A number as Python's own, None for anything else; True and False are no numbers."""
    if isinstance(value, (np.integer, np.floating)):
        value = value.item()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and not math.isnan(value) else None


def _items(value: Any) -> list | None:
    """The entries of a list, tuple or array, None for anything else."""
    if isinstance(value, np.ndarray):
        return list(value) if value.ndim else None
    return list(value) if isinstance(value, (list, tuple)) else None


def _numbers(value: Any, fits: Callable[[Any], bool]) -> list | None:
    """The numbers of a sequence, None where it is none or one of them does not fit."""
    items = [_plain(each) for each in _items(value) or [None]]
    return items if all(each is not None and fits(each) for each in items) else None


def number(
    step: object,
    name: str,
    value: Any,
    example: float,
    above: float = -_INFINITE,
    at_least: float = -_INFINITE,
) -> float:
    """Take a finite number.

    Args:
        step: the step.
        name: name of the argument.
        value: what was given.
        example: a number that would fit.
        above: it has to be larger than this.
        at_least: it has to be this or larger.

    Raises:
        ValueError: if it is none.
    """
    found = _plain(value)
    if found is None or math.isinf(found) or not (found > above and found >= at_least):
        raise misfit(step, name, value, f'a number{_limits(above, at_least)}', example)
    return found


def whole(step: object, name: str, value: Any, example: int, at_least: int) -> int:
    """Take a whole number (an ``int``, not 5.0).

    Raises:
        ValueError: if it is none, or less than ``at_least``.
    """
    found = _plain(value)
    if not isinstance(found, int) or found < at_least:
        raise misfit(step, name, value, f'a whole number of at least {at_least}', example)
    return found


def probability(step: object, name: str, value: Any) -> float:
    """Take a number from 0 to 1.

    Raises:
        ValueError: if it is none.
    """
    found = _plain(value)
    if found is None or not 0 <= found <= 1:
        raise misfit(step, name, value, 'a probability, a number from 0 to 1', 0.5)
    return found


def switch(step: object, name: str, value: Any) -> bool:
    """Take True or False.

    Raises:
        ValueError: if it is neither; a text such as ``'False'`` would count as True.
    """
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise misfit(step, name, value, 'True or False', False)


def numbers(
    step: object, name: str, value: Any, example: list[float], at_least: float = -_INFINITE
) -> list[float]:
    """Take a list of as many finite numbers as the example has.

    Raises:
        ValueError: if it is none, or one is less than ``at_least``.
    """
    found = _numbers(value, lambda each: math.isfinite(each) and each >= at_least)
    if found is None or len(found) != len(example):
        kind = f'a list of {len(example)} numbers{_limits(at_least=at_least)}'
        raise misfit(step, name, value, kind, example)
    return found


def per_axis(step: object, name: str, value: Any, example: list[float]) -> list[float]:
    """Take three finite numbers (x, y, z) of at least 0, or one that holds for all three.

    Raises:
        ValueError: if it is neither.
    """
    found = _plain(value)
    return numbers(step, name, value if found is None else [found] * 3, example, at_least=0)


def interval(
    step: object, name: str, value: Any, example: list[float], above: float = -_INFINITE
) -> list[float]:
    """Take (low, high), finite numbers of which the first is not larger.

    Raises:
        ValueError: if it is none, or ``low`` is not larger than ``above``.
    """
    found = _numbers(value, lambda each: math.isfinite(each) and each > above)
    if found is None or len(found) != 2 or found[0] > found[1]:
        kind = f'a list (low, high) of two numbers{_limits(above)}, low first'
        raise misfit(step, name, value, kind, example)
    return found


def symmetric_interval(step: object, name: str, value: Any, example: list[float]) -> list[float]:
    """Take (low, high), or one number r that stands for (-r, r).

    Raises:
        ValueError: if it is neither.
    """
    found = _plain(value)
    return interval(step, name, value if found is None else [-found, found], example)


def space(step: object, name: str, value: Any) -> list[float]:
    """Take a block of space (x_min, y_min, z_min, x_max, y_max, z_max), which may be infinite.

    Raises:
        ValueError: if it is none, or a minimum is not below its maximum.
    """
    found = _numbers(value, lambda each: True)
    if found is None or len(found) != 6 or any(found[i] >= found[i + 3] for i in range(3)):
        raise misfit(
            step,
            name,
            value,
            'six numbers in metres (x_min, y_min, z_min, x_max, y_max, z_max), minima below maxima',
            [0, -40, -3, 70.4, 40, 1],
        )
    return found


def names(step: object, name: str, value: Any, example: list[str]) -> list[str]:
    """Take a list of names; one name alone would be taken for a list of letters.

    Raises:
        ValueError: if it is none.
    """
    found = _items(value)
    if found is None or not all(isinstance(each, str) for each in found):
        raise misfit(step, name, value, 'a list of names', example)
    return [str(each) for each in found]


def mapping(step: object, name: str, value: Any, example: dict) -> dict[str, Any]:
    """Take a dict with names as keys.

    Raises:
        ValueError: if it is none.
    """
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value):
        raise misfit(step, name, value, 'a dict', example)
    return dict(value)


def columns(step: object, name: str, value: Any, load_dim: int) -> list[int]:
    """Take columns of points: a list of their numbers, or how many of the first.

    Args:
        step: the step.
        name: name of the argument.
        value: what was given.
        load_dim: how many columns there are.

    Raises:
        ValueError: if they are fewer than three (x, y, z), or not all from 0 to ``load_dim - 1``.
    """
    first = _plain(value)
    found = list(range(first)) if isinstance(first, int) else _numbers(value, lambda each: True)
    if (
        found is None
        or len(found) < 3
        or not all(isinstance(each, int) and 0 <= each < load_dim for each in found)
    ):
        raise misfit(
            step,
            name,
            value,
            f'with load_dim={load_dim} columns from 0 to {load_dim - 1}, x, y, z (three at least) '
            'first, as a list or as the number of the first ones',
            [*range(load_dim)],
        )
    return found


def _limits(above: float = -_INFINITE, at_least: float = -_INFINITE) -> str:
    limits = [f' above {above}'] * (above > -_INFINITE)
    return ''.join(limits + [f' of at least {at_least}'] * (at_least > -_INFINITE))
