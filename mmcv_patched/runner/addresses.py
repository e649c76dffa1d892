"""Checkpoints that are named by an address: fetched by http and https, refused by anything else."""

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import torch
from filelock import FileLock

from mmcv_patched.download import download

_SCHEME = re.compile(r'([A-Za-z][\w+.-]*:)*([A-Za-z][\w+.-]*)://')
_ZOOS = ('open-mmlab', 'openmmlab', 'torchvision', 'modelzoo', 'mmcls')


def is_web_address(name: str | os.PathLike) -> bool:
    """Whether a checkpoint's name is an address that can be fetched."""
    return str(name).startswith(('http://', 'https://'))


def refuse_scheme(name: str | os.PathLike) -> None:
    """Refuse a checkpoint that is named by another scheme than http and https.

    Args:
        name: a path or an address.

    Raises:
        ValueError: if it is an address of another scheme; it says what to give instead.
    """
    scheme = _SCHEME.match(str(name))
    if scheme is not None and not is_web_address(name):
        zoo = 'look the model up in its zoo and ' if scheme[2] in _ZOOS else ''
        raise ValueError(
            f'checkpoint {name}: {scheme[2]}:// is not supported; {zoo}give the path of a file, or '
            'an address that begins with http:// or https://'
        )


def cached_file(url: str, folder: str | os.PathLike | None = None) -> Path:
    """Return where the file of an address is kept; one address, one folder.

    Args:
        url: the address.
        folder: the cache, by default torch's.

    Raises:
        ValueError: if the address ends in no file's name.
    """
    name = PurePosixPath(urlsplit(url).path).name
    if name in ('', '..'):
        raise ValueError(f'{url} names no file: give the address of a checkpoint')
    folder = Path(folder or Path(torch.hub.get_dir(), 'checkpoints'))
    return folder / hashlib.sha256(url.encode()).hexdigest()[:16] / name


def fetch(url: str, folder: str | os.PathLike | None = None) -> Path:
    """Return the file of an address, fetched if it is not in the cache yet.

    A file in the cache that does not match the hash in its name is fetched again.

    Args:
        url: the address, by http or https.
        folder: the cache, by default torch's.

    Raises:
        ValueError: if the address names no file, or what it gives is not what its name says.
        FileNotFoundError: if the server has no such file.
        ConnectionError: if the connection failed at every attempt.
    """
    path = cached_file(url, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The processes of a run ask for the same file at the same moment.
    with FileLock(f'{path}.lock'):
        if path.exists():
            try:
                download(url, path)
            except ValueError:
                path.unlink()
        download(url, path)
    return path
