"""Checkpoints: loaded without running code from the file, saved without ever leaving half a file.

Importing this module replaces mmcv's loaders for local files and for URLs, so that every
``mmcv.runner.load_checkpoint`` in the process is safe.
"""

import os
import os.path as osp
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

import mmcv.runner
import numpy as np
import torch
from mmcv.runner import CheckpointLoader
from torch import nn

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
        RuntimeError: if the file is broken, or holds objects that would have to be executed.
    """
    filename = osp.expanduser(filename)
    if not osp.isfile(filename):
        raise FileNotFoundError(f'checkpoint {filename} does not exist (looked from {os.getcwd()})')
    try:
        with torch.serialization.safe_globals(_numpy_scalar_types()):
            return torch.load(filename, map_location=map_location, weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise RuntimeError(
            f'{filename} ({osp.getsize(filename)} bytes) cannot be loaded as a checkpoint. It is '
            'truncated, not a PyTorch checkpoint, or holds Python objects, which are never loaded '
            f'because they can run code: {error}'
        ) from error


@CheckpointLoader.register_scheme(prefixes=('http://', 'https://'), force=True)
def load_url(
    filename: str, map_location: MapLocation = 'cpu', model_dir: str | None = None
) -> dict:
    """Download a checkpoint into torch's cache, then load it as :func:`load_file` does."""
    model_dir = model_dir or osp.join(torch.hub.get_dir(), 'checkpoints')
    os.makedirs(model_dir, exist_ok=True)
    cached = osp.join(model_dir, osp.basename(filename.split('?')[0]))
    if not osp.isfile(cached):
        partial = f'{cached}.{os.getpid()}'
        torch.hub.download_url_to_file(filename, partial)
        os.replace(partial, cached)
    return load_file(cached, map_location)


def save_checkpoint(model: nn.Module, filename: str, **kwargs: Any) -> None:
    """Save as mmcv's function of this name does, but show the file only when it is complete.

    Args:
        model: the network, wrapped or not.
        filename: where to write; its folder is made.
        **kwargs: ``optimizer`` and ``meta``, as for mmcv's function.
    """
    partial = osp.join(osp.dirname(filename), f'.{osp.basename(filename)}.{os.getpid()}.partial')
    try:
        mmcv.runner.save_checkpoint(model, partial, **kwargs)
        os.replace(partial, filename)
    finally:
        if osp.exists(partial):
            os.remove(partial)
