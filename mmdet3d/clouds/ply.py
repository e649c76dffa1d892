"""Clouds as Stanford's ``.ply`` files."""

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmdet3d.utils.errors import DataFormatError

_TYPES = {
    **{'char': 'i1', 'uchar': 'u1', 'short': 'i2', 'ushort': 'u2', 'int': 'i4', 'uint': 'u4'},
    **{'int8': 'i1', 'uint8': 'u1', 'int16': 'i2', 'uint16': 'u2', 'int32': 'i4', 'uint32': 'u4'},
    **{'float': 'f4', 'float32': 'f4', 'double': 'f8', 'float64': 'f8'},
}
_ORDERS = {'ascii': '<', 'binary_little_endian': '<', 'binary_big_endian': '>'}
# A header has a dozen lines; what has no end within this many bytes is another file.
_MOST_BYTES = 65536
_NOT_TOLD = ('comment', 'obj_info')


@dataclass
class _Element:
    """What a header says of one kind of thing: how many there are, and their properties."""

    name: str
    count: int
    properties: list[tuple[str, str]] = field(default_factory=list)
    has_list: bool = False

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.properties)


def read_ply(path: Path) -> dict[str, np.ndarray]:
    """Read the properties of the vertices.

    Args:
        path: the ``.ply`` file, ascii or binary.

    Returns:
        values of shape (N,) by the name of the property.

    Raises:
        DataFormatError: if the file is malformed, has no vertices, or vertices with lists.
    """
    content = path.read_bytes()
    end, lines = _header(content, path)
    try:
        encoding, elements = _parse(lines)
    except (ValueError, IndexError, KeyError) as error:
        raise _malformed(path, f'its header cannot be understood ({error!r})') from error
    before, vertex = _up_to_vertices(elements, path)
    read = _ascii if encoding == 'ascii' else _binary
    vertices = read(content[end:], before, vertex, path)
    return {name: vertices[name] for name in vertex.dtype.names or ()}


def _malformed(path: Path, why: str) -> DataFormatError:
    return DataFormatError(f'{path}: {why}; write the .ply file anew, or the cloud as .npy')


def _header(content: bytes, path: Path) -> tuple[int, list[list[str]]]:
    """Give the number of bytes up to the data, and the words of each line."""
    mark = content.find(b'end_header', 0, _MOST_BYTES)
    end = content.find(b'\n', mark) + 1
    if not content.startswith(b'ply') or mark < 0 or end == 0:
        raise _malformed(path, 'it does not begin with "ply" and a header up to "end_header"')
    lines = (line.split() for line in content[:mark].decode('latin-1').splitlines()[1:])
    return end, [words for words in lines if words and words[0] not in _NOT_TOLD]


def _parse(lines: list[list[str]]) -> tuple[str, list[_Element]]:
    (keyword, encoding, *_), *rest = lines
    if keyword != 'format':
        raise ValueError(f'{keyword} stands where format is expected')
    order, elements = _ORDERS[encoding], list[_Element]()
    for keyword, *words in rest:
        if keyword == 'element':
            elements.append(_Element(words[0], int(words[1])))
        elif keyword == 'property' and words[0] == 'list':
            elements[-1].has_list = True
        elif keyword == 'property':
            if any(name == words[1] for name, _ in elements[-1].properties):
                raise ValueError(f'property {words[1]} occurs more than once')
            elements[-1].properties.append((words[1], order + _TYPES[words[0]]))
        else:
            raise ValueError(f'{keyword} is no keyword')
    if any(element.count < 0 for element in elements):
        raise ValueError('an element has a count below 0')
    return encoding, elements


def _up_to_vertices(elements: list[_Element], path: Path) -> tuple[list[_Element], _Element]:
    names = [element.name for element in elements]
    if 'vertex' not in names:
        raise DataFormatError(f"{path}: has the elements {names}; points are expected in 'vertex'")
    number = names.index('vertex')
    if any(element.has_list for element in elements[: number + 1]):
        raise _malformed(path, 'its vertices, or what stands before them, have lists')
    return elements[:number], elements[number]


def _binary(body: bytes, before: list[_Element], vertex: _Element, path: Path) -> np.ndarray:
    start = sum(element.count * element.dtype.itemsize for element in before)
    needed = vertex.count * vertex.dtype.itemsize
    if len(body) - start < needed:
        raise _malformed(
            path,
            f'its header says {vertex.count} points of {vertex.dtype.itemsize} bytes, but only '
            f'{max(0, len(body) - start)} bytes of them are there: it is cut short',
        )
    return np.frombuffer(body, vertex.dtype, vertex.count, start)


def _ascii(body: bytes, before: list[_Element], vertex: _Element, path: Path) -> np.ndarray:
    lines = [line for line in body.splitlines() if line.strip()]
    start = sum(element.count for element in before)
    rows = lines[start : start + vertex.count]
    if len(rows) < vertex.count:
        raise _malformed(
            path,
            f'its header says {vertex.count} points, but only {len(rows)} lines of them are there: '
            'it is cut short',
        )
    if not rows:
        return np.empty(0, vertex.dtype)
    try:
        return np.loadtxt(io.BytesIO(b'\n'.join(rows)), vertex.dtype, ndmin=1)
    except ValueError as error:
        raise _malformed(path, f'its points cannot be read ({error})') from error
