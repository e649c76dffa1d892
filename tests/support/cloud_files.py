"""Writes clouds in the formats that are read: PCD in its three encodings, and PLY."""

from pathlib import Path

import numpy as np
from plyfile import PlyData, PlyElement

PCD_TYPES = {'f': 'F', 'i': 'I', 'u': 'U'}


def named(points: np.ndarray, names: list[str]) -> np.ndarray:
    """A structured array (N,) of the columns (N, C), in the type they have."""
    cloud = np.empty(len(points), dtype=[(name, points.dtype) for name in names])
    for i, name in enumerate(names):
        cloud[name] = points[:, i]
    return cloud


def write_pcd(path: Path, cloud: np.ndarray, encoding: str = 'binary', height: int = 1) -> Path:
    """Write a structured array; members whose name begins with ``_`` become padding."""
    fields = [
        ('_' if name.startswith('_') else name, cloud.dtype[name]) for name in cloud.dtype.names
    ]
    bases = [(dtype.subdtype or (dtype, ()))[0] for _, dtype in fields]
    counts = [dtype.itemsize // base.itemsize for (_, dtype), base in zip(fields, bases)]
    header = [
        '# .PCD v0.7 - Point Cloud Data file format',
        'VERSION 0.7',
        f'FIELDS {" ".join(name for name, _ in fields)}',
        f'SIZE {" ".join(str(base.itemsize) for base in bases)}',
        f'TYPE {" ".join(PCD_TYPES[base.kind] for base in bases)}',
        f'COUNT {" ".join(map(str, counts))}',
        f'WIDTH {len(cloud) // height}',
        f'HEIGHT {height}',
        'VIEWPOINT 0 0 0 1 0 0 0',
        f'POINTS {len(cloud)}',
        f'DATA {encoding}',
    ]
    body = {'ascii': _ascii, 'binary': np.ndarray.tobytes, 'binary_compressed': _compressed}
    path.write_bytes(('\n'.join(header) + '\n').encode() + body[encoding](cloud))
    return path


def write_ply(path: Path, cloud: np.ndarray, text: bool = False) -> Path:
    """Write a structured array as the vertices."""
    PlyData([PlyElement.describe(cloud, 'vertex')], text=text).write(str(path))
    return path


def _ascii(cloud: np.ndarray) -> bytes:
    lines = [
        ' '.join(repr(value) for cell in point for value in np.ravel(cell).tolist())
        for point in cloud
    ]
    return ('\n'.join(lines) + '\n').encode()


def _compressed(cloud: np.ndarray) -> bytes:
    kept = [name for name in cloud.dtype.names if not name.startswith('_')]
    block = b''.join(np.ascontiguousarray(cloud[name]).tobytes() for name in kept)
    packed = compress(block)
    return np.array([len(packed), len(block)], '<u4').tobytes() + packed


def compress(data: bytes) -> bytes:
    """Compress by LZF, greedily: repeats of three bytes or more, up to 8 KiB back."""
    out, literals, seen, i = bytearray(), bytearray(), {}, 0

    def flush() -> None:
        for start in range(0, len(literals), 32):
            part = literals[start : start + 32]
            out.extend([len(part) - 1, *part])
        literals.clear()

    while i < len(data):
        key = data[i : i + 3]
        back = i - seen.get(key, -(1 << 20)) - 1
        seen[key] = i
        if len(key) < 3 or back >= 1 << 13:
            literals.append(data[i])
            i += 1
            continue
        length = 3
        while (
            i + length < len(data)
            and length < 264
            and data[i + length] == data[i + length - back - 1]
        ):
            length += 1
        flush()
        code = length - 2
        out.append(min(code, 7) << 5 | back >> 8)
        if code >= 7:
            out.append(code - 7)
        out.append(back & 255)
        i += length
    flush()
    return bytes(out)
