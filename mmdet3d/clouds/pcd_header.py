"""The header of the Point Cloud Library's ``.pcd`` files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdet3d.clouds.magic import identify
from mmdet3d.utils.errors import DataFormatError

_KINDS = {'F': 'f', 'I': 'i', 'U': 'u'}
_SIZES = {'F': (2, 4, 8), 'I': (1, 2, 4, 8), 'U': (1, 2, 4, 8)}
_ENCODINGS = ('ascii', 'binary', 'binary_compressed')
# A header has a dozen lines; what has none within this many bytes is another file.
_MOST_BYTES = 65536
# Histograms and descriptors of a point, which are its longest fields, have hundreds of values.
_MOST_VALUES = 1_000_000
# Fields of this name fill space.
PADDING = '_'


@dataclass(frozen=True)
class PcdField:
    """A field of every point.

    Attributes:
        name: what it is called, ``_`` for padding.
        dtype: type of its values, little-endian.
        count: values per point.
    """

    name: str
    dtype: np.dtype
    count: int

    @property
    def size(self) -> int:
        """Bytes per point."""
        return self.dtype.itemsize * self.count


@dataclass(frozen=True)
class PcdHeader:
    """What a header says.

    Attributes:
        fields: the fields in their order.
        points: number of points.
        encoding: ``'ascii'``, ``'binary'`` or ``'binary_compressed'``.
        size: bytes of the header.
    """

    fields: tuple[PcdField, ...]
    points: int
    encoding: str
    size: int


def parse_header(content: bytes, path: Path) -> PcdHeader:
    """Read the header.

    Args:
        content: the file.
        path: its path, for messages.

    Returns:
        what it says.

    Raises:
        DataFormatError: if there is none, or a line of it is missing or malformed.
    """
    lines, size = _lines(content, path)
    encoding = ' '.join(lines['DATA']).lower()
    if encoding not in _ENCODINGS:
        raise DataFormatError(f'{path}: DATA is {encoding!r}; expected one of {_ENCODINGS}')
    return PcdHeader(_fields(lines, path), _points(lines, path), encoding, size)


def _lines(content: bytes, path: Path) -> tuple[dict[str, list[str]], int]:
    """Give the words of each line by their first, and the number of bytes up to the data."""
    lines: dict[str, list[str]] = {}
    end = 0
    while 'DATA' not in lines:
        start, end = end, content.find(b'\n', end, _MOST_BYTES) + 1
        if end == 0:
            kind = identify(content[:64])
            raise DataFormatError(
                f'{path}: no line of its header says DATA'
                f'{f"; this is {kind}" if kind and "pcd" not in kind else ""}; a .pcd file has '
                'FIELDS, SIZE, TYPE, WIDTH, HEIGHT and DATA before its points'
            )
        words = content[start:end].decode('latin-1').split('#')[0].split()
        if words:
            lines[words[0].upper()] = words[1:]
    return lines, end


def _fields(lines: dict[str, list[str]], path: Path) -> tuple[PcdField, ...]:
    names = lines.get('FIELDS', lines.get('COLUMNS', []))
    if not names:
        raise DataFormatError(f'{path}: its header has no FIELDS; expected such as "FIELDS x y z"')
    sizes, counts = _integers(lines, 'SIZE', path), _integers(lines, 'COUNT', path)
    kinds = lines.get('TYPE', [])
    counts = counts if 'COUNT' in lines else [1] * len(names)
    for key, values in (('SIZE', sizes), ('TYPE', kinds), ('COUNT', counts)):
        if len(values) != len(names):
            raise DataFormatError(
                f'{path}: {key} has {len(values)} entries and FIELDS {len(names)}; expected one '
                'for each field'
            )
    twice = sorted({name for name in names if names.count(name) > 1} - {PADDING})
    if twice:
        raise DataFormatError(f'{path}: FIELDS has {twice} more than once; rename one of them')
    return tuple(_field(*each, path) for each in zip(names, kinds, sizes, counts))


def _field(name: str, kind: str, size: int, count: int, path: Path) -> PcdField:
    if size not in _SIZES.get(kind.upper(), ()) or not 1 <= count <= _MOST_VALUES:
        raise DataFormatError(
            f'{path}: field {name} has TYPE {kind}, SIZE {size} and COUNT {count}; expected TYPE F '
            'of SIZE 4 or 8, or I or U of SIZE 1, 2, 4 or 8, and COUNT 1 or more, but no millions'
        )
    return PcdField(name, np.dtype(f'<{_KINDS[kind.upper()]}{size}'), count)


def _points(lines: dict[str, list[str]], path: Path) -> int:
    numbers = {key: _integers(lines, key, path) for key in ('WIDTH', 'HEIGHT', 'POINTS')}
    wrong = [each for each in numbers.values() if len(each) > 1 or min(each, default=0) < 0]
    grid = numbers['WIDTH'] + (numbers['HEIGHT'] or [1])
    points = numbers['POINTS'] or ([grid[0] * grid[1]] if len(grid) == 2 else [])
    if wrong or not points:
        raise DataFormatError(
            f'{path}: its header has {", ".join(f"{k} {v}" for k, v in numbers.items())}; expected '
            'one whole number each'
        )
    if len(grid) == 2 and grid[0] * grid[1] != points[0]:
        raise DataFormatError(
            f'{path}: POINTS is {points[0]}, but WIDTH {grid[0]} times HEIGHT {grid[1]} is '
            f'{grid[0] * grid[1]}; correct the header'
        )
    return points[0]


def _integers(lines: dict[str, list[str]], key: str, path: Path) -> list[int]:
    words = lines.get(key, [])
    try:
        return [int(word) for word in words]
    except ValueError as error:
        raise DataFormatError(
            f'{path}: {key} is {" ".join(words)!r}; expected whole numbers'
        ) from error
