import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdet3d.utils.unpickling import UnsafePickle, load_plain

PLAIN = {
    'float': 1.5,
    'bytes': b'\xff\x00',
    'complex': 1j,
    'sets': [{1, 2}, frozenset((3,))],
    'ordered': OrderedDict(a=1),
    'array': np.arange(6.0).reshape(2, 3),
    'columns first': np.asfortranarray(np.ones((3, 4), np.float32)),
    'empty': np.zeros((0, 7)),
    'strings': np.array(['Car', 'Pedestrian']),
    'objects': np.array([None, 'a'], dtype=object),
    'scalars': [np.float32(2), np.int64(3), np.bool_(True), np.str_('Car')],
    'kinds': [np.dtype('f4'), np.float64],
}


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_objects_and_arrays_of_every_protocol_are_loaded(protocol):
    loaded = load_plain(pickle.dumps(PLAIN, protocol=protocol))
    assert repr(loaded) == repr(PLAIN)


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@pytest.mark.parametrize(
    ('content', 'named'),
    [
        (lambda mark: Malicious(os.system, f'touch {mark}'), 'posix.system'),
        (lambda mark: Malicious(eval, f'open({mark!r}, "w")'), 'eval'),
        (lambda mark: Malicious(exec, f'open({mark!r}, "w")'), 'exec'),
        (lambda mark: Malicious(open, mark, 'w'), 'io.open'),
        (lambda mark: Malicious(getattr, dict, 'keys'), 'getattr'),
        (lambda mark: Malicious(np.load, mark), 'numpy.load'),
        (lambda mark: Malicious(Path, mark), 'pathlib'),
        (lambda mark: Malicious(__import__, 'antigravity'), '__import__'),
        (lambda mark: [{'annos': np.array([Malicious(os.system, f'touch {mark}')])}], 'posix'),
    ],
)
@pytest.mark.parametrize('protocol', [0, 2, 4, 5])
def test_whatever_could_run_code_is_named_and_not_run(tmp_path, content, named, protocol):
    mark = tmp_path / 'ran'
    with pytest.raises(UnsafePickle, match=named):
        load_plain(pickle.dumps(content(str(mark)), protocol=protocol))
    assert not mark.exists()


def test_codecs_are_not_at_a_pickles_disposal():
    content = b'c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.'
    with pytest.raises(UnsafePickle, match='rot13'):
        load_plain(content)


def test_object_that_lies_elsewhere_is_refused():
    with pytest.raises(UnsafePickle, match='elsewhere'):
        load_plain(b'X\x01\x00\x00\x00aQ.')


def test_further_names_are_allowed_one_by_one():
    assert load_plain(pickle.dumps(Path('a')), {('pathlib', 'PosixPath'): str}) == 'a'
    with pytest.raises(UnsafePickle, match='pathlib'):
        load_plain(pickle.dumps(Path('a')))


@given(st.data())
def test_a_changed_pickle_gives_objects_or_an_error_and_runs_nothing(data):
    content = bytearray(pickle.dumps({'a': np.arange(3), 'b': ['x', 2.5]}, protocol=4))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = load_plain(bytes(content))
    except Exception:  # Of any kind: what reads files turns them into its own.
        return
    assert type(loaded).__module__ in ('builtins', 'collections', 'numpy')


class Asks:
    """An object whose pickle asks for a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    'bomb',
    [
        Asks(np.ndarray, (10**12,), 'f8'),
        Asks(np.ndarray, (10**12,), 'f8', bytearray(8)),
        Asks(bytearray, 10**12),
        Asks(bytes, 10**12),
        Asks(np.empty(0, object).__reduce__()[0], np.ndarray, (10**12,), b'b'),
    ],
)
@pytest.mark.parametrize('protocol', [2, 4])
def test_nothing_small_becomes_large(bomb, protocol):
    try:
        found = load_plain(pickle.dumps(bomb, protocol))
    except Exception:
        return
    assert len(found) == 0
