"""Files that are needed, named where they are missing."""

from pathlib import Path


def require_file(path: str | Path, purpose: str) -> Path:
    """Return ``path`` if a file stands there.

    Args:
        path: the file that is needed.
        purpose: what the file is, for the message (``'a label file'``).

    Raises:
        FileNotFoundError: if there is no such file; the message says whether its folder exists.
    """
    path = Path(path)
    if path.is_file():
        return path
    where = 'its folder exists' if path.parent.is_dir() else f'nor is the folder {path.parent}'
    raise FileNotFoundError(
        f'{path}: {purpose} is expected here, but there is none ({where}). '
        'Check the root path, and the list that names it (ImageSets, or the info file).'
    )
