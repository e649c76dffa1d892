"""Clouds as Stanford's ``.ply`` files."""

from pathlib import Path

import numpy as np

from mmdet3d.datasets.files import DataFormatError


def read_ply(path: Path) -> dict[str, np.ndarray]:
    """Read the properties of the vertices.

    Args:
        path: the ``.ply`` file, ascii or binary.

    Returns:
        values of shape (N,) by the name of the property.

    Raises:
        ImportError: if plyfile is not installed.
        DataFormatError: if the file is malformed or has no vertices.
    """
    try:
        from plyfile import PlyData, PlyParseError
    except ImportError as error:
        raise ImportError(
            f'{path}: reading .ply files needs plyfile: pip install plyfile==1.1.3'
        ) from error
    try:
        elements = PlyData.read(str(path))
    except (PlyParseError, ValueError, EOFError) as error:
        raise DataFormatError(
            f'{path}: cannot be read as a .ply file ({error}); write it anew, or as .npy'
        ) from error
    if 'vertex' not in elements:
        raise DataFormatError(
            f"{path}: has the elements {[each.name for each in elements]}; points are in 'vertex'"
        )
    vertices = elements['vertex'].data
    return {name: vertices[name] for name in vertices.dtype.names or ()}
