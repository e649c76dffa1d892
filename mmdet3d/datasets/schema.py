"""What an entry of a file has to hold, as data, and the one function that checks entries by it.

Entries are checked key by key over the whole file, so that what costs time is done once for all of
them: 28,130 samples of nuScenes with ten sweeps each have more than a million values.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.utils.shown import shown

# No coordinate in metres, pixel, angle or count is beyond it. In float32, numbers of this size are
# several centimetres apart.
LARGEST = 1e6
# Kinds of values: the letters that numpy has for their types, and how messages call them.
_KINDS = {
    'number': ('fiu', 'numbers'),
    'flag': ('biu', 'True or False'),
    'text': ('U', 'text'),
    'name': ('Uiu', 'text or a whole number'),
}
# Of an array without rows the type says nothing; of these types it can become any other.
_PLAIN = 'fiubUO'

# Puts what is wrong with an entry, by its number, into words.
Say = Callable[[int, str], str]


@dataclass(frozen=True)
class Field:
    """A value, or an array of them.

    Attributes:
        kind: ``'number'``, ``'flag'``, ``'text'`` or ``'name'`` (text or a whole number).
        shape: of the array, ``()`` for a single value. ``'N'`` in the first place is the number of
            rows that all such arrays of an entry share; a tuple of numbers says which are allowed.
        required: whether every entry has it; else it may be missing, or None.
        limit: what numbers may be at most, either way; None leaves that to others.
        hint: what the columns are, for the message.
    """

    kind: str
    shape: tuple[Any, ...] = ()
    required: bool = True
    limit: float | None = LARGEST
    hint: str = ''

    @property
    def letters(self) -> str:
        """Numpy's letters for the types that it may have."""
        return _KINDS[self.kind][0]

    @property
    def words(self) -> str:
        """What messages call it."""
        return _KINDS[self.kind][1]

    @property
    def expected(self) -> str:
        """What messages say of it and its limit."""
        if self.kind != 'number' or self.limit is None:
            return self.words
        return f'{self.words} between {-self.limit:g} and {self.limit:g}'


@dataclass(frozen=True)
class Section:
    """A dict of further values, or with ``listed`` a list of such dicts."""

    fields: Mapping[str, 'Field | Section'] = field(default_factory=dict)
    required: bool = True
    listed: bool = False


Fields = Mapping[str, Field | Section]


def check_entries(entries: Sequence[Mapping], fields: Fields, say: Say, name: str = 'it') -> None:
    """Check the entries of a file.

    Args:
        entries: dicts, such as the frames of an info file.
        fields: what each has to hold. Other keys may be there, and are not looked at.
        say: gives the message, by the number of an entry and what is wrong with it:
            ``lambda index, flaw: f'infos.pkl, frame {index}: {flaw}'``.
        name: what an entry is called in it.

    Raises:
        DataFormatError: if an entry lacks a key, or a value is of another type, shape or size; it
            names the entry, the key, the value and what is allowed.
    """
    lengths: dict[int, dict[str, int]] = {}
    for key, each in fields.items():
        rows: Sequence[int] = range(len(entries))
        try:
            if not each.required:
                rows = [row for row in rows if entries[row].get(key) is not None]
            column = [entries[row][key] for row in rows]
        except KeyError:
            raise DataFormatError(_say_missing(entries, fields, say, name)) from None

        def say_of(index: int, flaw: str, rows: Sequence[int] = rows) -> str:
            return say(rows[index], flaw)

        if isinstance(each, Section):
            _check_sections(column, each, say_of, key)
        elif not each.shape:
            _check_values(column, each, say_of, key)
        else:
            arrays = _check_arrays(column, each, say_of, key)
            for row, array in zip(rows, arrays) if each.shape[0] == 'N' else ():
                lengths.setdefault(row, {})[key] = len(array)
    _check_lengths(lengths, say)


def _say_missing(entries: Sequence[Mapping], fields: Fields, say: Say, name: str) -> str:
    """Say which keys the first entry lacks that lacks any."""
    required = {key for key, each in fields.items() if each.required}
    row = next(row for row, entry in enumerate(entries) if not required <= entry.keys())
    missing = [key for key in fields if key in required - entries[row].keys()]
    has = sorted(key if isinstance(key, str) else shown(key) for key in entries[row])
    return say(row, f'{name} has no {missing}; it has {has}')


def _check_sections(column: list[Any], section: Section, say: Say, key: str) -> None:
    """Check the dicts under a key, or the dicts of the lists under it."""
    if section.listed:
        _check_listed(column, section, say, key)
        return
    _check_kind(column, Mapping, 'a dict', say, key)
    check_entries(column, section.fields, lambda index, flaw: say(index, f'{flaw} (in {key})'), key)


def _check_listed(column: list[Any], section: Section, say: Say, key: str) -> None:
    _check_kind(column, (list, tuple), 'a list', say, key)
    members = [member for value in column for member in value]

    def say_of(member: int, flaw: str) -> str:
        places = ((index, i) for index, value in enumerate(column) for i in range(len(value)))
        index, i = next(islice(places, member, None))
        return say(index, f'{flaw} (in {key}[{i}])')

    _check_kind(members, Mapping, 'a dict', say_of, 'it')
    check_entries(members, section.fields, say_of)


def _check_kind(column: list[Any], kind: Any, words: str, say: Say, key: str) -> None:
    wrong = {each for each in set(map(type, column)) if not issubclass(each, kind)}
    for index, value in enumerate(column) if wrong else ():
        if type(value) in wrong:
            raise DataFormatError(say(index, f'{key} is {shown(value)}, expected {words}'))


def _check_values(column: list[Any], field: Field, say: Say, key: str) -> None:
    """Check single values: first their types, then all numbers."""
    wrong = {kind for kind in set(map(type, column)) if _letter(kind) not in field.letters}
    bad = next((i for i, value in enumerate(column) if type(value) in wrong), None)
    if bad is None and field.limit is not None:
        numbers = column
        if 'U' in field.letters:
            numbers = [0 if isinstance(value, str) else value for value in column]
        within = _within(field.limit, np.array(numbers))
        bad = None if within.all() else int(np.argmin(within))
    if bad is not None:
        flaw = f'{key} is {shown(column[bad])}; expected {field.expected}'
        raise DataFormatError(say(bad, flaw))


def _letter(kind: type) -> str:
    """Give numpy's letter for the type of a single value; O for any other object."""
    bases = {'b': (bool, np.bool_), 'i': (int, np.integer), 'f': (float, np.floating), 'U': (str,)}
    return next((letter for letter, each in bases.items() if issubclass(kind, each)), 'O')


def _check_arrays(column: list[Any], field: Field, say: Say, key: str) -> list[np.ndarray]:
    """Check arrays: the type and shape of each kind of array once, then all numbers."""
    arrays = [
        value if type(value) is np.ndarray else _as_array(value, field, say, key, index)
        for index, value in enumerate(column)
    ]
    kinds = {(array.dtype, array.shape): array for array in arrays}
    if any(_flaw_of(array, field) for array in kinds.values()):
        flaws = enumerate(_flaw_of(array, field) for array in arrays)
        index, flaw = next((index, flaw) for index, flaw in flaws if flaw)
        raise DataFormatError(say(index, f'{key} {flaw}'))
    _check_elements(arrays, field, say, key)
    return arrays


def _as_array(value: Any, field: Field, say: Say, key: str, index: int) -> np.ndarray:
    reason = f'it is {shown(value)}'
    if isinstance(value, (list, tuple, np.ndarray)):
        try:
            return np.asarray(value)
        except (TypeError, ValueError) as error:  # rows of different lengths
            reason = f'{error}'
    raise DataFormatError(say(index, f'{key} is no array of {field.words} ({reason})'))


def _flaw_of(array: np.ndarray, field: Field) -> str | None:
    """Say what is wrong with the type or the shape of an array."""
    # An empty list has no columns.
    if field.shape[0] == 'N' and array.shape[:1] == (0,) and array.dtype.kind in _PLAIN:
        return None
    # The elements of an array of objects are looked at one by one.
    if array.dtype.kind not in field.letters and (array.dtype.kind, field.kind) != ('O', 'text'):
        return f'is no array of {field.words} (it is {shown(array)})'
    if array.ndim == len(field.shape) and all(map(_fits, field.shape, array.shape)):
        return None
    hint = f': {field.hint}' if field.hint else ''
    return f'has the shape {array.shape}; expected {_in_words(field.shape)}{hint}'


def _fits(wanted: int | str | tuple[int, ...], size: int) -> bool:
    return wanted == 'N' or size == wanted or (isinstance(wanted, tuple) and size in wanted)


def _in_words(shape: tuple[Any, ...]) -> str:
    parts = [
        ' or '.join(map(str, each)) if isinstance(each, tuple) else str(each) for each in shape
    ]
    return f'({", ".join(parts)}{"," if len(parts) == 1 else ""})'


def _check_elements(arrays: list[np.ndarray], field: Field, say: Say, key: str) -> None:
    """Check what arrays hold: numbers of all of them at once."""
    if field.kind == 'text':
        sound = _is_text
    elif field.limit is None or not arrays:
        return
    else:
        sound = partial(_is_within, field.limit)
        full = [array for array in arrays if array.size]
        if not full or sound(np.concatenate(full)):
            return
    for index, array in enumerate(arrays):
        if not sound(array):
            raise DataFormatError(say(index, f'{key} is {shown(array)}; expected {field.expected}'))


def _is_text(array: np.ndarray) -> bool:
    if array.dtype.kind == 'O':
        return all(isinstance(each, str) for each in array.flat)
    # Broken bytes are no characters, and not all that numpy does with them tells.
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder('='))
    return not plain.size or bool(plain.view(np.uint32).max(initial=0) <= sys.maxunicode)


def _within(limit: float, numbers: np.ndarray) -> np.ndarray:
    return (numbers >= -limit) & (numbers <= limit)


def _is_within(limit: float, numbers: np.ndarray) -> bool:
    return bool(_within(limit, numbers).all())


def _check_lengths(lengths: Mapping[int, Mapping[str, int]], say: Say) -> None:
    """Check that the arrays of N rows of an entry have as many rows as each other."""
    for row, each in lengths.items():
        if len(set(each.values())) > 1:
            flaw = f'the arrays of the objects differ in length: {dict(each)}'
            raise DataFormatError(say(row, flaw))
