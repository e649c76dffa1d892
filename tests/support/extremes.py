"""Numbers that no scanner and no detector gives, of which every operator is defined.

``EXTREME_ROUNDS=3000 pytest tests -k extreme`` draws more of them than the tests do by themselves.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from support.backends import computed_by

ROUNDS = int(os.environ.get('EXTREME_ROUNDS', '60'))
rounds = settings(
    max_examples=ROUNDS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

_LARGEST = float(np.finfo(np.float32).max)
_SPECIAL = np.array(
    [0.0, -0.0, 1e-45, 1e-30, 1e-5, 1.0, np.pi, np.pi / 2, 7.0, 1e6, 1e15, 1e30, _LARGEST, np.inf,
     np.nan]
)  # fmt: skip


def numbers(generator: np.random.Generator, shape: tuple[int, ...], share: float) -> np.ndarray:
    """Draw float32 numbers, a ``share`` of them extreme, the others below 8 either way."""
    ordinary = generator.uniform(-8, 8, shape)
    any_size = 10.0 ** generator.uniform(-44, 38, shape)
    extreme = np.where(generator.random(shape) < 0.6, generator.choice(_SPECIAL, shape), any_size)
    extreme *= generator.choice([-1, 1], shape)
    return np.where(generator.random(shape) < share, extreme, ordinary).astype(np.float32)


def _rows(places: int, sizes: int, angles: int, most: int) -> st.SearchStrategy:
    """Arrays of float32, (N, places + sizes + angles); some rows stand there twice, or nearly."""

    def draw(seed: int) -> np.ndarray:
        generator = np.random.default_rng(seed)
        share = generator.choice([0.02, 0.2, 0.6])
        found = numbers(generator, (generator.integers(most + 1), places + sizes + angles), share)
        size = found[:, places : places + sizes]
        size[:] = np.where(generator.random(size.shape) < 1 - share, np.abs(size), size)
        again = found[generator.integers(len(found), size=len(found) // 3)] if len(found) else found
        again = np.where(
            generator.random(again.shape) < 0.8, again, numbers(generator, again.shape, 0)
        )
        return np.concatenate([found, again]).astype(np.float32)

    return st.integers(0, 2**63).map(draw)


rectangles = _rows(2, 2, 1, most=20)
boxes = _rows(3, 3, 1, most=20)
points = _rows(3, 0, 0, most=30)


def is_sound(array: np.ndarray, first_size: int, last_size: int) -> np.ndarray:
    """Which rows are finite, and positive in the columns of sizes; bool of shape (N,)."""
    return np.isfinite(array).all(axis=1) & (array[:, first_size:last_size] > 0).all(axis=1)


def on_both(operator: Callable[[], Any]) -> tuple[Any, Any]:
    """Return what the backends make of the same."""
    with computed_by(lambda name, in_torch: in_torch):
        on_device = operator()
    return operator(), on_device
