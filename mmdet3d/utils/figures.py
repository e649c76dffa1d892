"""Pictures as files; none needs a screen."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mmcv_patched.full_disk import atomic_write


def save_figure(figure: Figure, path: str | Path, **options: Any) -> Path:
    """Save a figure in the format that the name of the file says, and return the path.

    Args:
        figure: the figure, which stays as it is.
        path: the picture to write, ``.png``, ``.pdf`` or ``.svg``; PNG without an ending. Its
            folder is made.
        **options: of ``Figure.savefig``.
    """
    path = Path(path)
    with atomic_write(path) as file:
        figure.savefig(file, format=path.suffix[1:] or 'png', **options)
    return path
