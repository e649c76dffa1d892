"""Checkpoints as safetensors files: tensors and texts, which nothing can hide code in."""

import json
from collections.abc import Mapping
from typing import Any

from torch import Tensor

ENDING = '.safetensors'
_META = 'meta'


def _library() -> Any:
    try:
        import safetensors.torch as library
    except ImportError as error:
        raise ImportError(
            f'{ENDING} files need the package safetensors: pip install safetensors ({error})'
        ) from error
    return library


def encode_tensors(weights: Mapping[str, Tensor], meta: Mapping[str, Any]) -> bytes:
    """Return the content of a safetensors file.

    Args:
        weights: tensors by name.
        meta: plain values, which are kept as a text in JSON.

    Raises:
        ImportError: if the package safetensors is not installed.
    """
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    return _library().save(plain, {'format': 'pt', _META: json.dumps(meta, default=str)})


def load_tensors(filename: str) -> dict[str, Any]:
    """Load a safetensors file as a checkpoint.

    Args:
        filename: path of the file.

    Returns:
        ``state_dict`` and ``meta``, empty where the file says nothing of it.

    Raises:
        ImportError: if the package safetensors is not installed.
        RuntimeError: if the file is broken.
    """
    library = _library()
    try:
        with library.safe_open(filename, 'pt') as file:
            meta = json.loads((file.metadata() or {}).get(_META, '{}'))
            weights = {name: file.get_tensor(name) for name in list(file.keys())}
    except Exception as error:
        raise RuntimeError(
            f'{filename} cannot be loaded as a checkpoint: it is no whole {ENDING} file '
            f'({error}); download it again'
        ) from None
    return {'state_dict': weights, 'meta': meta}
