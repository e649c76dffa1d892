"""Clouds as the Point Cloud Library's ``.pcd`` files."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmdet3d.clouds.pcd_header import PADDING, PcdField, PcdHeader, parse_header
from mmdet3d.on_cpu.lzf import decompress
from mmdet3d.utils.errors import DataFormatError

# Bytes before a compressed block: its size, and that of its content.
_SIZES = np.dtype('<u4')


def read_pcd(path: Path) -> dict[str, np.ndarray]:
    """Read the fields, whatever the encoding.

    Args:
        path: the ``.pcd`` file: ascii, binary or binary_compressed.

    Returns:
        values of shape (N,), or (N, count) where a field has several, by the field's name;
        padding is left out.

    Raises:
        DataFormatError: if its header is malformed, or its data is not what the header says.
    """
    content = path.read_bytes()
    header = parse_header(content, path)
    read = {'ascii': _ascii, 'binary': _binary, 'binary_compressed': _compressed}
    values = read[header.encoding](content[header.size :], header, path)
    return {field.name: values[i] for i, field in enumerate(header.fields) if field.name != PADDING}


def _ascii(body: bytes, header: PcdHeader, path: Path) -> list[np.ndarray]:
    width = sum(field.count for field in header.fields)
    try:
        table = np.loadtxt(io.BytesIO(body), ndmin=2) if body.strip() else np.empty((0, width))
    except ValueError as error:
        raise DataFormatError(
            f'{path}: its points cannot be read ({error}); expected {width} numbers a line'
        ) from error
    if table.shape != (header.points, width):
        raise DataFormatError(
            f'{path}: has {table.shape[0]} lines of {table.shape[1]} numbers; its header says '
            f'{header.points} of {width}. The file is cut short, or its header is wrong'
        )
    ends = np.cumsum([field.count for field in header.fields])[:-1]
    return [_squeezed(part) for part in np.split(table, ends, axis=1)]


def _binary(body: bytes, header: PcdHeader, path: Path) -> list[np.ndarray]:
    point = _point_type(header.fields)
    needed = header.points * point.itemsize
    # A line end may follow the points.
    if not needed <= len(body) < needed + max(point.itemsize, 1):
        raise DataFormatError(
            f'{path}: has {len(body)} bytes of points; its header says {header.points} points of '
            f'{point.itemsize} bytes, {needed} in all. The file is cut short, or its header is '
            'wrong'
        )
    points = np.frombuffer(body, dtype=point, count=header.points)
    return [points[name] for name in point.names or ()]


def _compressed(body: bytes, header: PcdHeader, path: Path) -> list[np.ndarray]:
    """Decompress the fields, which stand one after the other, each of all points."""
    block = _decompressed(body, path) if header.points else np.empty(0, np.uint8)
    # PCL leaves padding out of the block, others do not.
    stored = [field for field in header.fields if field.name != PADDING]
    if len(block) == header.points * sum(field.size for field in header.fields):
        stored = list(header.fields)
    needed = header.points * sum(field.size for field in stored)
    if len(block) != needed:
        raise DataFormatError(
            f'{path}: its points take {len(block)} bytes; its header says {header.points} points, '
            f'which take {needed}. Its header is wrong'
        )
    empty = np.empty(0)
    starts = iter(np.cumsum([0, *(header.points * field.size for field in stored)]))
    return [
        _field_of(block, int(next(starts)), field, header.points) if field in stored else empty
        for field in header.fields
    ]


def _decompressed(body: bytes, path: Path) -> np.ndarray:
    if len(body) < 2 * _SIZES.itemsize:
        raise DataFormatError(f'{path}: ends before its compressed points; write it anew')
    packed, unpacked = (int(size) for size in np.frombuffer(body, _SIZES, count=2))
    data = np.frombuffer(body, np.uint8, offset=2 * _SIZES.itemsize)
    if len(data) < packed:
        raise DataFormatError(
            f'{path}: has {len(data)} bytes of compressed points, but says {packed}. The file is '
            'cut short'
        )
    # Three bytes give 264 at most. A broken file shall not ask for all memory.
    block = decompress(data[:packed], unpacked) if unpacked <= 88 * packed else data[:0]
    if len(block) != unpacked:
        raise DataFormatError(f'{path}: its compressed points are broken; write it anew')
    return block


def _field_of(block: np.ndarray, start: int, field: PcdField, points: int) -> np.ndarray:
    values = block[start : start + points * field.size].view(field.dtype)
    return _squeezed(values.reshape(points, field.count))


def _point_type(fields: Sequence[PcdField]) -> np.dtype:
    """The type of a point, whose members have numbers as names: all padding has one name."""
    shapes = [() if field.count == 1 else (field.count,) for field in fields]
    return np.dtype([(str(i), f.dtype, shapes[i]) for i, f in enumerate(fields)])


def _squeezed(values: np.ndarray) -> np.ndarray:
    return values[:, 0] if values.shape[1] == 1 else values
