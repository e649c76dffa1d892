"""Writes clouds in the formats that are read: PCD in its three encodings, and PLY."""

from pathlib import Path

import numpy as np

PCD_TYPES = {'f': 'F', 'i': 'I', 'u': 'U'}
PLY_TYPES = {'f4': 'float', 'f8': 'double', 'u1': 'uchar', 'i2': 'short', 'u4': 'uint32'}


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


def write_ply(path: Path, cloud: np.ndarray, encoding: str = 'binary_little_endian') -> Path:
    """Write a structured array as the vertices, after a camera and before a face."""
    order = '>' if 'big' in encoding else '<'
    types = [(name, cloud.dtype[name].str[1:]) for name in cloud.dtype.names]
    camera = np.array([(7, -2.5)], dtype=[('id', f'{order}u1'), ('view', f'{order}f4')])
    header = [
        'ply',
        f'format {encoding} 1.0',
        'comment made by a test',
        *('element camera 1', 'property uchar id', 'property float view'),
        f'element vertex {len(cloud)}',
        *(f'property {PLY_TYPES[kind]} {name}' for name, kind in types),
        *('element face 1', 'property list uchar int vertex_indices', 'end_header'),
    ]
    vertices = cloud.astype([(name, order + kind) for name, kind in types])
    if encoding == 'ascii':
        body = b'7 -2.5\n' + _ascii(vertices) + b'3 0 1 2\n'
    else:
        face = np.array([0, 1, 2], f'{order}i4')
        body = camera.tobytes() + vertices.tobytes() + b'\x03' + face.tobytes()
    path.write_bytes('\n'.join(header).encode() + b'\n' + body)
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
