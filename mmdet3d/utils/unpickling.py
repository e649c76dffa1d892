"""Unpickling that runs no code: numbers, text, containers and numpy arrays, and nothing else."""

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

Names = Mapping[tuple[str, str], Any]


class UnsafePickle(pickle.UnpicklingError):
    """A pickle asks for something that is neither a number nor text, a container or an array."""


def _encode(text: str, encoding: str) -> bytes:
    """Do what pickles of protocol 2 ask ``codecs.encode`` for, and nothing else that it can do."""
    if encoding not in ('latin1', 'latin-1', 'utf-8', 'ascii'):
        raise UnsafePickle(f'codecs.encode to {encoding}')
    return text.encode(encoding)


class _Array(np.ndarray):
    """What ``numpy.ndarray`` stands for: without a buffer it would take any amount of memory."""

    def __new__(cls, shape: tuple[int, ...], dtype: Any, buffer: Any) -> Any:
        return np.ndarray(shape, dtype, buffer)


def _reconstruct(kind: type, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Begin an array, whose shape and content numpy sets afterwards, and compares."""
    return np.ndarray(0, dtype)


def _bytes(*given: Any) -> bytes:
    return bytes(*_with_content(given))


def _bytearray(*given: Any) -> bytearray:
    return bytearray(*_with_content(given))


def _with_content(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a number, of which so many zeros would be made."""
    if given and not isinstance(given[0], (bytes, bytearray, str)):
        raise UnsafePickle(f'bytes of {type(given[0]).__name__}')
    return given


def _numpy_functions() -> dict[str, Any]:
    """The functions by which numpy's arrays and scalars are rebuilt, by their names in pickles."""
    objects: list[Any] = [np.float64(0).__reduce__(), np.empty(0).__reduce_ex__(5)]
    return {'_reconstruct': _reconstruct, **{rebuild.__name__: rebuild for rebuild, *_ in objects}}


# numpy 2 moved these modules, so that each goes by two names in files.
_NUMPY = {
    (module, name): function
    for name, function in _numpy_functions().items()
    for package in ('numpy.core', 'numpy._core')
    for module in (f'{package}.multiarray', f'{package}.numeric')
}
_PLAIN: Names = {
    **_NUMPY,
    ('numpy', 'ndarray'): _Array,
    ('numpy', 'dtype'): np.dtype,
    **{('numpy', kind.__name__): kind for kind in (np.float32, np.float64, np.int32, np.int64)},
    **{('numpy', kind.__name__): kind for kind in (np.bool_, np.str_, np.uint8)},
    **{('numpy.dtypes', type(np.dtype(code)).__name__): type(np.dtype(code)) for code in 'fdlqi?'},
    ('collections', 'OrderedDict'): OrderedDict,
    ('_codecs', 'encode'): _encode,
    **{
        (module, kind.__name__): kind
        for module in ('builtins', '__builtin__')
        for kind in (complex, dict, frozenset, list, set, tuple)
    },
    **{
        (module, name): make
        for module in ('builtins', '__builtin__')
        for name, make in (('bytes', _bytes), ('bytearray', _bytearray))
    },
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows few names."""

    def __init__(self, content: bytes, names: Names) -> None:
        super().__init__(io.BytesIO(content))
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        """Give what a name stands for, if it is one of those known.

        Raises:
            UnsafePickle: if it is not.
        """
        try:
            return self._names[module, name]
        except KeyError:
            raise UnsafePickle(f'{module}.{name}') from None

    def persistent_load(self, pid: Any) -> Any:
        """Refuse; objects that lie elsewhere are no plain ones.

        Raises:
            UnsafePickle: always.
        """
        raise UnsafePickle(f'an object that lies elsewhere ({pid!r})')


def load_plain(content: bytes, further: Names | None = None) -> Any:
    """Unpickle without running code.

    Args:
        content: the pickle.
        further: what else may be named, by module and name.

    Returns:
        the object.

    Raises:
        UnsafePickle: if it asks for anything else than numbers, text, containers, numpy arrays, and
            what ``further`` allows; it says for what.
        Exception: of any kind, if the bytes are no pickle, or a broken one.
    """
    return _PlainUnpickler(content, {**_PLAIN, **(further or {})}).load()
