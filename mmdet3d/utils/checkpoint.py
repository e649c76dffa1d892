"""Load weights into a network that they have to fit."""

from pathlib import Path
from typing import Any

from mmcv.runner import CheckpointLoader
from torch import Tensor, nn

from mmcv_patched.runner import (
    adapt_modules,
    load_fitting,
    read_meta,
    read_weights,
    require_some_fit,
)
from mmcv_patched.runner.addresses import fetch, is_web_address, refuse_scheme
from mmdet3d.utils.config import find_file


def find_checkpoint(name: str | Path, what: str) -> Path:
    """Return the file of a checkpoint, fetched first if it is an address.

    Args:
        name: a path, as for :func:`mmdet3d.utils.config.find_file`, or an address.
        what: what the file is, for the error.

    Raises:
        OSError: if there is no such file, or it cannot be fetched.
        ValueError: if it is an address of another scheme than http and https, or its contents do
            not match its name.
    """
    if is_web_address(name):
        return fetch(str(name))
    refuse_scheme(name)
    return find_file(name, what)


def load_weights(model: nn.Module, path: str | Path) -> dict:
    """Load a checkpoint into ``model``; everything has to fit.

    Parts of the network that weights of older releases fit in another form take that form, with a
    warning.

    Args:
        model: the network, on any device.
        path: the checkpoint file.

    Returns:
        the checkpoint's ``meta``.

    Raises:
        FileNotFoundError: if there is no such file.
        RuntimeError: if the file is broken.
        ValueError: if it holds no weights, or some are missing, too many, of other shapes, or not
            finite.
    """
    weights, meta = read_checkpoint(str(path))
    adapt_modules(model, weights, meta, str(path))
    misfit = load_fitting(model, weights)
    if any(misfit):
        raise ValueError(
            f'{path} holds the weights of another architecture than this '
            f'{type(model).__name__}: {misfit}. Give the config it was trained with'
        )
    _take_converted(model, meta, path)
    return meta


def _take_converted(model: nn.Module, meta: dict[str, Any], path: str | Path) -> None:
    """Give modules what a converter noted of them."""
    converted = meta.get('converted')
    parts = converted.get('parts') if isinstance(converted, dict) else None
    for name, part in parts.items() if isinstance(parts, dict) else ():
        take: Any = getattr(dict(model.named_modules()).get(name), 'take_converted', None)
        if take is None:
            raise ValueError(
                f'{path} was converted for a network with a part {name}, which this '
                f'{type(model).__name__} has not: give the config it was converted with'
            )
        try:
            take(part)
        except ValueError as error:
            raise ValueError(f'{path}: what its converter noted of {name}: {error}') from error


def adapt_to_weights(model: nn.Module, path: str) -> None:
    """Let a network take the form that a checkpoint's weights have, before it is trained further.

    To be done before the optimizer is built. The weights themselves are not loaded.

    Args:
        model: the network.
        path: the checkpoint, a file or a URL.

    Raises:
        FileNotFoundError: if there is no such file.
        RuntimeError: if the file is broken.
        ValueError: if it holds no weights, none that fits, or some that are not finite.
    """
    weights, meta = read_checkpoint(path)
    adapt_modules(model, weights, meta, path)
    require_some_fit(model, weights, path)


def read_checkpoint(path: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint's weights by name, and its ``meta``.

    Args:
        path: the checkpoint, a file or a URL.

    Raises:
        FileNotFoundError: if there is no such file.
        RuntimeError: if the file is broken.
        ValueError: if it holds no weights, or some that are not finite.
    """
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu', logger='silent')
    weights = read_weights(checkpoint, path)
    require_finite(weights, path)
    return weights, read_meta(checkpoint)


def require_finite(weights: dict[str, Tensor], path: str) -> None:
    """Refuse weights that are not finite.

    Args:
        weights: weights by name.
        path: where they come from.

    Raises:
        ValueError: if some are not.
    """
    bad = [name for name, value in weights.items() if not value.isfinite().all()]
    if bad:
        raise ValueError(
            f'{path}: {len(bad)} of {len(weights)} weights are not finite ({bad[0]}, ...), as a '
            'run that diverged leaves them: take an earlier checkpoint'
        )
