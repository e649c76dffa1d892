"""Entries that are not what their schema says, named by entry, key and value."""

import numpy as np
import pytest

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.schema import Field, Section, check_entries

FIELDS = {
    'name': Field('name'),
    'when': Field('number', limit=10),
    'boxes': Field('number', ('N', (7, 9)), limit=None, hint='x, y, z, ...'),
    'classes': Field('text', ('N',)),
    'seen': Field('flag', ('N',), required=False),
    'pose': Section({'turn': Field('number', (3, 3)), 'file': Field('text', required=False)}),
    'sweeps': Section({'path': Field('text')}, required=False, listed=True),
}
SOUND = {
    'name': '8',
    'when': 1.5,
    'boxes': np.full((2, 7), np.nan),
    'classes': ['Car', 'Van'],
    'pose': {'turn': np.eye(3)},
    'sweeps': [{'path': 'a'}, {'path': 'b'}],
}
CHANGES = [
    ({'name': 1.5}, 'name is 1.5; expected text or a whole number'),
    ({'name': None}, 'name is None; expected'),
    ({'when': True}, r'when is True; expected numbers between -10 and 10'),
    ({'when': float('nan')}, 'when is nan; expected numbers between -10 and 10'),
    ({'when': 10**5000}, 'when is a int of too many digits'),
    ({'boxes': np.zeros((2, 8))}, r'boxes has the shape \(2, 8\); expected \(N, 7 or 9\): x, y'),
    ({'boxes': [[1] * 7, [2]]}, r'boxes is no array of numbers \(.*inhomogeneous'),
    ({'boxes': np.zeros((2, 7), complex)}, 'boxes is no array of numbers'),
    ({'boxes': np.zeros((1, 7))}, r"the arrays .* differ in length: \{'boxes': 1, 'classes': 2"),
    ({'classes': np.array(['a', None], object)}, r"classes is \['a', None\]; expected text"),
    (
        {'classes': np.array([0x61, 0x7D000061], np.uint32).view('<U1')},
        'classes is .*; expected text',
    ),
    ({'classes': None}, r'classes is no array of text \(it is None\)'),
    ({'seen': ['no', 'yes']}, 'seen is no array of True or False'),
    ({'seen': [True]}, "the arrays .* differ in length: .*'seen': 1"),
    ({'pose': [1]}, r'pose is \[1\], expected a dict'),
    ({'pose': {}}, r"pose has no \['turn'\]; it has \[\]"),
    ({'pose': {'turn': np.eye(4)}}, r'turn has the shape \(4, 4\); .*\(3, 3\) \(in pose\)'),
    ({'pose': {'turn': np.eye(3) * 1e7}}, r'turn is .*between -1e\+06 and 1e\+06 \(in pose\)'),
    ({'pose': {'turn': np.eye(3), 'file': 3}}, r'file is 3; expected text \(in pose\)'),
    ({'sweeps': 3}, 'sweeps is 3, expected a list'),
    ({'sweeps': [{'path': 'a'}, 7]}, r'it is 7, expected a dict \(in sweeps\[1\]\)'),
    ({'sweeps': [{'path': 'a'}, {'path': b''}]}, r"path is b''; expected text \(in sweeps\[1\]\)"),
]


def check(*entries):
    check_entries(entries, FIELDS, lambda index, flaw: f'infos.pkl, frame {index}: {flaw}')


def test_sound_entries_pass_with_arrays_or_lists():
    empty = {'boxes': [], 'classes': []}
    check(
        SOUND, {**SOUND, **empty}, {**SOUND, 'name': np.int64(3), 'sweeps': None, 'more': object()}
    )


@pytest.mark.parametrize(('change', 'message'), CHANGES)
def test_a_fault_is_named_by_file_entry_key_and_value(change, message):
    with pytest.raises(DataFormatError, match=rf'infos\.pkl, frame 1: {message}'):
        check(SOUND, {**SOUND, **change}, SOUND)


@pytest.mark.parametrize('key', ['name', 'when', 'boxes', 'classes', 'pose'])
def test_a_missing_key_is_named(key):
    without = {name: value for name, value in SOUND.items() if name != key}
    with pytest.raises(DataFormatError, match=rf"frame 1: it has no \['{key}'\]; it has \['"):
        check(SOUND, without)
