"""Weights of a checkpoint, and how they fit a network."""

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from mmcv_patched.runner.saved_config import read_model_section

# What other projects, or other parts of a run, keep under these keys.
_KNOWN_KEYS = {
    'model_state': "an OpenPCDet checkpoint (model_state), whose weights have that project's names",
    'param_groups': "an optimizer's state (param_groups), not a network's",
    'model': "a checkpoint that keeps its weights under 'model'",
}
_SHOWN = 10


def read_weights(
    checkpoint: Any,
    filename: str,
    revise_keys: Sequence[tuple[str, str]] = ((r'^module\.', ''),),
) -> dict[str, Tensor]:
    """Return the weights of a checkpoint by name.

    Args:
        checkpoint: what was loaded: a dict with ``state_dict``, or the weights themselves.
        filename: where it came from.
        revise_keys: patterns in the names and what takes their place; by default the prefix of a
            wrapped network goes.

    Raises:
        ValueError: if there are none; it says what is there instead.
    """
    found = checkpoint
    if isinstance(checkpoint, dict) and 'state_dict' in checkpoint:
        found = checkpoint['state_dict']
    if not isinstance(found, dict) or not found or not all(map(_is_weight, found.items())):
        raise ValueError(
            f"{filename} holds no weights: it is {_describe(checkpoint)}. Expected 'state_dict', a "
            'dict of tensors by name: name a checkpoint of this network, or convert this one'
        )
    weights = dict(found)
    for pattern, replacement in revise_keys:
        weights = {re.sub(pattern, replacement, key): value for key, value in weights.items()}
    return weights


def read_meta(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``meta`` of a checkpoint, empty where it has none."""
    meta = checkpoint.get('meta')
    return meta if isinstance(meta, dict) else {}


def _is_weight(item: tuple[Any, Any]) -> bool:
    key, value = item
    return isinstance(key, str) and isinstance(value, Tensor)


def _describe(checkpoint: Any) -> str:
    if not isinstance(checkpoint, dict):
        return f'a {type(checkpoint).__name__}'
    if 'state_dict' in checkpoint:
        return f"a dict whose 'state_dict' is {_describe_content(checkpoint['state_dict'])}"
    for key, meaning in _KNOWN_KEYS.items():
        if key in checkpoint:
            return meaning
    return _describe_content(checkpoint)


def _describe_content(content: Any) -> str:
    if not isinstance(content, dict):
        return f'a {type(content).__name__}'
    others = [item for item in content.items() if not _is_weight(item)]
    listed = ', '.join(f'{key!r} ({type(value).__name__})' for key, value in others[:5])
    return f'a dict of {listed}' if others else 'an empty dict'


class Origin(NamedTuple):
    """What a part of a network is told of the checkpoint that its weights come from.

    Attributes:
        filename: the checkpoint.
        meta: its ``meta``.
        section: the part's section of the config in it, empty where that is not known.
        is_adapted: whether another part had to be adapted to it.
    """

    filename: str
    meta: Mapping[str, Any]
    section: dict[str, Any]
    is_adapted: bool


def adapt_modules(
    model: nn.Module, weights: dict[str, Tensor], meta: Mapping[str, Any], filename: str
) -> None:
    """Bring a network and weights of an older release together, where a module knows how.

    Such a module has ``adapt_state_dict(weights, prefix, trained_as)``: it changes the weights
    whose names begin with ``prefix``, or itself, and returns one line for a warning, or None.
    ``trained_as`` is its section of the config in the checkpoint, empty where that is not known.
    A module that has ``judge_origin(origin)`` changes nothing, but returns such a line.

    Args:
        model: the network, not wrapped.
        weights: weights by name, which are changed.
        meta: the checkpoint's ``meta``.
        filename: where it came from.
    """
    notes = adapt_weights(model, weights, meta)
    is_adapted = bool(notes)
    for name, module in model.named_modules():
        judge: Any = getattr(module, 'judge_origin', None)
        if judge is not None:
            section = read_model_section(meta, name)
            notes.append(judge(Origin(filename, meta, section, is_adapted)))
    told = [note for note in notes if note is not None]
    if told:
        warnings.warn(f'{filename}: {"; ".join(told)}', stacklevel=3)


def adapt_weights(
    model: nn.Module, weights: dict[str, Tensor], meta: Mapping[str, Any]
) -> list[str]:
    """Do what :func:`adapt_modules` does without a warning.

    Args:
        model: the network, not wrapped.
        weights: weights by name, which are changed.
        meta: the checkpoint's ``meta``.

    Returns:
        what the modules say.
    """
    notes = []
    for name, module in model.named_modules():
        adapt: Any = getattr(module, 'adapt_state_dict', None)
        if adapt is not None:
            prefix = f'{name}.' if name else ''
            notes.append(adapt(weights, prefix, read_model_section(meta, name)))
    return [note for note in notes if note is not None]


class Misfit(NamedTuple):
    """What of a network and of some weights does not fit each other.

    Attributes:
        missing: weights of the network that were not given.
        unexpected: given weights that the network does not have.
        reshaped: weights of both, of different shapes, with both shapes.
    """

    missing: list[str]
    unexpected: list[str]
    reshaped: dict[str, str]

    def __str__(self) -> str:
        """Count each kind, with a few examples."""
        shapes = [f'{name} {shapes}' for name, shapes in self.reshaped.items()]
        return (
            f'{_count("missing", self.missing)}, {_count("unexpected", self.unexpected)}, '
            f'{_count("of another shape", shapes)}'
        )


def require_some_fit(model: nn.Module, weights: dict[str, Tensor], filename: str) -> None:
    """Refuse weights of which a network could take nothing.

    Raises:
        ValueError: if no name and shape agree but those of counters.
    """
    own = {key: value.shape for key, value in model.state_dict().items() if not _is_counter(key)}
    if not any(own.get(key) == value.shape for key, value in weights.items()):
        raise ValueError(
            f'none of the {len(weights)} weights in {filename} fits this {type(model).__name__}: '
            f'it has {next(iter(own), "none")}, ..., the file {next(iter(weights))}, ... '
            'Name a checkpoint of such a network, or give the config that this one was trained with'
        )


def find_misfit(model: nn.Module, weights: dict[str, Tensor]) -> Misfit:
    """Return what does not fit, without loading anything.

    Args:
        model: the network, not wrapped.
        weights: weights by name.
    """
    own = model.state_dict()
    missing = [key for key in own if key not in weights and not _is_counter(key)]
    unexpected = [key for key in weights if key not in own]
    return Misfit(missing, unexpected, _reshaped(model, weights))


def _reshaped(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, str]:
    return {
        key: f'{tuple(weights[key].shape)}, not {tuple(value.shape)}'
        for key, value in model.state_dict().items()
        if key in weights and weights[key].shape != value.shape
    }


def load_fitting(model: nn.Module, weights: dict[str, Tensor]) -> Misfit:
    """Load what fits, and return what does not.

    Args:
        model: the network, not wrapped.
        weights: weights by name; those of another shape are left out.
    """
    reshaped = _reshaped(model, weights)
    # Those the network does not have stay in: its own hooks know names that may be dropped.
    given = {key: value for key, value in weights.items() if key not in reshaped}
    result = model.load_state_dict(given, strict=False)
    # Older torch did not save how many batches a normalisation has seen.
    missing = [key for key in result.missing_keys if key not in reshaped and not _is_counter(key)]
    return Misfit(missing, result.unexpected_keys, reshaped)


def warn_of_partial_fit(model: nn.Module, misfit: Misfit, filename: str) -> None:
    """Say in one warning what of some weights was not loaded, and what stays as initialised."""
    if not any(misfit):
        return
    names = [*misfit.missing, *misfit.reshaped]
    layers = list(dict.fromkeys(name.rpartition('.')[0] or name for name in names))
    listed = ', '.join(layers[:_SHOWN]) + (', ...' if len(layers) > _SHOWN else '')
    warnings.warn(
        f'{filename} fits this {type(model).__name__} in part: {misfit}. As initialised stay '
        f'{len(names)} of its {len(model.state_dict())} weights{f", of {listed}" if names else ""}',
        stacklevel=2,
    )


def _is_counter(key: str) -> bool:
    return key.endswith('num_batches_tracked')


def _count(what: str, names: list[str], shown: int = 3) -> str:
    examples = f' ({"; ".join(names[:shown])}{"; ..." if len(names) > shown else ""})'
    return f'{len(names)} {what}{examples if names else ""}'
