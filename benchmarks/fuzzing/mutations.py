"""Changes to valid inputs: to their bytes, and to the structure of Python objects."""

import math
import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

_WORDS = (
    *(b'nan', b'inf', b'-inf', b'1e300', b'1e38', b'-1', b'0', b'-0.0', b'1000000000000'),
    *(b'', b' ', b'\n', b':', b'../../x', b'x', b'binary', b'\x00', b'\xff\xfe', b'\xe4'),
)
# What stands in the place of any value.
_VALUES: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: '',
    lambda: 'x',
    lambda: '../../../x',
    lambda: b'\xff',
    lambda: 0,
    lambda: -1,
    lambda: 10**30,
    lambda: 10**5000,
    lambda: True,
    lambda: math.nan,
    lambda: math.inf,
    lambda: 1e300,
    lambda: -1e38,
    lambda: 1j,
    lambda: [],
    lambda: {},
    lambda: [[1, 2], [3]],
    lambda: [None],
    lambda: {'a': {'b': 1}},
    lambda: (1, 'a'),
    lambda: {1, 2},
    lambda: np.zeros(0),
    lambda: np.zeros((2, 3, 4)),
    lambda: np.array(['a', 'b']),
    lambda: np.array([None, 'a'], dtype=object),
    lambda: np.float32('nan'),
    lambda: np.array(3),
    lambda: np.array([1j]),
    lambda: np.zeros(2, dtype=[('x', 'f4')]),
)


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """Change one to four places of a file.

    Args:
        content: the file.
        rng: what is changed, and how, is drawn from it.
    """
    for _ in range(rng.randint(1, 4)):
        content = rng.choice(_BYTES)(content, rng)
    return content


def _flip(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _remove(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + content[at + rng.randint(1, 16) :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    part = content[at : at + rng.randint(1, 64)]
    return content[:at] + part * rng.randint(2, 5) + content[at + len(part) :]


def _replace_word(content: bytes, rng: random.Random) -> bytes:
    words = content.split(b' ')
    words[rng.randrange(len(words))] = rng.choice(_WORDS)
    return b' '.join(words)


def _replace_line(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b'\n')
    at = rng.randrange(len(lines))
    words = lines[at].split(b' ')
    words[-1] = rng.choice(_WORDS)
    lines[at] = rng.choice((b' '.join(words), b'', rng.choice(lines)))
    return b'\n'.join(lines)


_BYTES = (_flip, _cut, _remove, _repeat, _replace_word, _replace_word, _replace_line)


def mutate_object(content: Any, rng: random.Random) -> Any:
    """Change one to three places of nested dicts, lists and arrays.

    Args:
        content: the object, which is left as it is.
        rng: what is changed, and how, is drawn from it.
    """
    holder = [deepcopy(content)]
    for _ in range(rng.randint(1, 3)):
        container, key = rng.choice(_places(holder))
        _change(container, key, rng)
    return holder[0] if holder else None


def _places(node: Any) -> list[tuple[Any, Any]]:
    """List every place in a nest of containers, as a container and a key in it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(node, (Mapping, list)):
        for key in node if isinstance(node, Mapping) else range(len(node)):
            found.append((node, key))
            found += _places(node[key])
    return found


def _change(container: Any, key: Any, rng: random.Random) -> None:
    value = container[key]
    kind = rng.randrange(5)
    if kind == 0 and len(container) > 1:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[rng.choice(('x', 3, None, f'{key}_', 'loss', ('a',)))] = container.pop(key)
    elif kind == 2 and isinstance(value, np.ndarray) and value.ndim:
        container[key] = _reshaped(value, rng)
    elif kind == 3 and isinstance(value, np.ndarray) and value.size and value.dtype.kind in 'fi':
        changed = value.astype(float)
        changed.flat[rng.randrange(value.size)] = rng.choice((math.nan, math.inf, 1e300, -1, 0))
        container[key] = changed
    else:
        container[key] = rng.choice(_VALUES)()


def _reshaped(array: np.ndarray, rng: random.Random) -> Any:
    changes: tuple[Callable[[], Any], ...] = (
        lambda: array[:-1],
        lambda: array[None],
        lambda: array.ravel(),
        lambda: array.T,
        lambda: array.astype(str),
        lambda: array.astype(object),
        lambda: array.tolist(),
        lambda: [[1, 2], *([3],) * (len(array) - 1)],
        lambda: np.concatenate([array, array]),
        lambda: array[..., :1],
    )
    return rng.choice(changes)()
