"""Checkpoints: loaded without running code from the file, saved without ever leaving half a file.

Importing this module replaces all of mmcv's loaders, so that every ``mmcv.runner.load_checkpoint``
in the process is safe.
"""

import os
import os.path as osp
import shutil
import warnings
from collections.abc import Callable
from typing import Any

import mmcv.runner
import numpy as np
import torch
from mmcv.runner import CheckpointLoader
from torch import nn

from mmcv_patched.full_disk import bytes_of_tensors, explain_full_disk
from mmcv_patched.runner.addresses import cached_file, fetch, refuse_scheme
from mmcv_patched.runner.file_kinds import describe_file
from mmcv_patched.runner.tensor_files import ENDING, load_tensors

MapLocation = str | torch.device | Callable | dict | None


def _numpy_scalar_types() -> list:
    """What the ``meta`` of checkpoints written by older releases holds besides plain Python."""
    scalar = np.float64(0).__reduce__()[0]
    dtypes = {type(np.dtype(code)) for code in ('f4', 'f8', 'i4', 'i8', '?')}
    # numpy 2 moved the module, so the same function goes by two names in files.
    names = ['numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar']
    return [np.dtype, *dtypes, *((scalar, name) for name in names)]


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_file(filename: str, map_location: MapLocation = 'cpu') -> dict:
    """Load a checkpoint file with nothing but tensors, containers and numbers in it.

    Args:
        filename: path of the file.
        map_location: as in ``torch.load``.

    Returns:
        what was saved, usually a dict with ``state_dict`` and ``meta``.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is an address.
        ImportError: if it is a safetensors file, and that package is not installed.
        RuntimeError: if the file is broken, or holds objects that would have to be executed; it
            says what the file seems to be.
    """
    refuse_scheme(filename)
    filename = osp.expanduser(filename)
    if osp.isdir(filename):
        raise FileNotFoundError(f'checkpoint {filename} is a folder: name the .pth file in it')
    if not osp.isfile(filename):
        raise FileNotFoundError(f'checkpoint {filename} does not exist (looked from {os.getcwd()})')
    if filename.endswith(ENDING):
        return load_tensors(filename)
    with open(filename, 'rb') as file, warnings.catch_warnings():
        # Of kinds of files; where one matters, it fails to load, and the error says it.
        warnings.simplefilter('ignore', UserWarning)
        try:
            with torch.serialization.safe_globals(_numpy_scalar_types()):
                return torch.load(file, map_location=map_location, weights_only=True)
        except Exception as error:
            # Any error can come of a file that is none, with a page of advice on unsafe loading.
            raise RuntimeError(describe_file(filename, error)) from None


@CheckpointLoader.register_scheme(prefixes=('http://', 'https://'), force=True)
def load_url(
    filename: str, map_location: MapLocation = 'cpu', model_dir: str | None = None
) -> dict:
    """Load a checkpoint from the web as :func:`load_file` does, and keep it in torch's cache.

    A file in the cache that cannot be loaded is fetched again.

    Args:
        filename: the address, by http or https.
        map_location: as in ``torch.load``.
        model_dir: the cache, instead of torch's.

    Raises:
        OSError, ValueError: as for :func:`mmcv_patched.runner.addresses.fetch`.
        RuntimeError: as for :func:`load_file`.
    """
    cached = cached_file(filename, model_dir)
    if cached.exists():
        try:
            return load_file(str(fetch(filename, model_dir)), map_location)
        except RuntimeError:
            cached.unlink()
    return load_file(str(fetch(filename, model_dir)), map_location)


def _replace_loaders_of_mmcv() -> None:
    """Let no scheme be loaded by mmcv's own, which unpickle whatever they are given."""
    for prefix, loader in list(CheckpointLoader._schemes.items()):
        if loader.__module__.startswith('mmcv.'):
            CheckpointLoader.register_scheme(prefix, load_file, force=True)


_replace_loaders_of_mmcv()


def point_to(filename: str, link: str) -> None:
    """Let ``link`` be a symbolic link to a file beside it; a copy where there are no such links.

    What was there before stays until the new one is complete.

    Args:
        filename: name of the file, without its folder.
        link: path of the link.

    Raises:
        DiskFullError: if there is no room for it.
    """
    partial = osp.join(osp.dirname(link), f'.{osp.basename(link)}.{os.getpid()}.partial')
    whole = osp.join(osp.dirname(link), filename)
    with explain_full_disk(link, lambda: osp.getsize(whole)):
        try:
            _link_or_copy(filename, partial)
            os.replace(partial, link)
        finally:
            if osp.lexists(partial):
                os.remove(partial)


def _link_or_copy(filename: str, path: str) -> None:
    try:
        os.symlink(filename, path)
    except (OSError, NotImplementedError):
        # Some file systems have none, and Windows only for those with the right to make them.
        shutil.copyfile(osp.join(osp.dirname(path), filename), path)


def save_checkpoint(model: nn.Module, filename: str, **kwargs: Any) -> None:
    """Save as mmcv's function of this name does, but show the file only when it is complete.

    Args:
        model: the network, wrapped or not.
        filename: where to write; its folder is made.
        **kwargs: ``optimizer`` and ``meta``, as for mmcv's function.

    Raises:
        DiskFullError: if there is no room for it.
    """
    partial = osp.join(osp.dirname(filename), f'.{osp.basename(filename)}.{os.getpid()}.partial')
    with explain_full_disk(filename, lambda: _bytes_of(model, kwargs.get('optimizer'))):
        try:
            mmcv.runner.save_checkpoint(model, partial, **kwargs)
            os.replace(partial, filename)
        finally:
            if osp.exists(partial):
                os.remove(partial)


def _bytes_of(model: nn.Module, optimizer: Any) -> int:
    optimizers = optimizer.values() if isinstance(optimizer, dict) else [optimizer]
    states = [each.state_dict() for each in optimizers if each is not None]
    return bytes_of_tensors([model.state_dict(), states])
