"""Compare the keys of a config's sections with the arguments of the classes that they name."""

import difflib
import inspect
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mmcv.utils import Registry

# Of a class from elsewhere that takes any keyword, what it does with them is not known.
_KNOWN_PACKAGES = ('mmcv', 'mmdet', 'mmdet3d', 'mmcv_patched', 'mmdet_patched')
# What a detector hands to its parts, beside what their sections say.
_HANDED_DOWN = ('train_cfg', 'test_cfg', 'pretrained')
# Sections of other rules: kd_cfg's types are no components.
_OWN_RULES = ('kd_cfg',)


def check_arguments(key: str, section: Any, registries: Collection[Registry]) -> None:
    """Check the keys of a section, and of those in it, against the classes that they name.

    Args:
        key: where the section stands in the config, such as 'model'.
        section: the section, or a list of them.
        registries: where their types may be registered; sections of other types are not judged.

    Raises:
        TypeError: if a class does not take a key, or needs one that is not there; the message names
            the section, the class and the keys that come close.
    """
    if isinstance(section, (list, tuple)):
        for i, each in enumerate(section):
            check_arguments(f'{key}.{i}', each, registries)
    elif isinstance(section, Mapping):
        kind = find_class(section.get('type'), registries)
        if kind is not None:
            check_keywords(key, kind, set(section) - {'type'}, _HANDED_DOWN)
        for name, each in section.items():
            if name not in _OWN_RULES:
                check_arguments(f'{key}.{name}', each, registries)


def find_class(name: Any, registries: Iterable[Registry]) -> type | None:
    """Return the class that a ``type`` stands for; None if it is in none of the registries."""
    if inspect.isclass(name):
        return name
    if not isinstance(name, str):
        return None
    found = (registry.module_dict.get(name) for registry in registries)
    return next((each for each in found if inspect.isclass(each)), None)


def check_keywords(
    key: str, kind: type, given: Collection[str], handed_down: Collection[str] = ()
) -> None:
    """Check the names of arguments for a class.

    Args:
        key: where they stand in the config.
        kind: the class.
        given: the names.
        handed_down: arguments that are given from elsewhere.

    Raises:
        TypeError: if the class does not take one, or needs one that is not there.
    """
    parameters = keywords_of(kind)
    if parameters is None:
        return
    check_keys(key, given, [*parameters, *handed_down], f', which {kind.__name__} does not take')
    missing = [name for name in _needed(kind) if name not in given and name not in handed_down]
    if missing:
        raise TypeError(f'{key} has no {", ".join(missing)}, which {kind.__name__} needs')


def _needed(kind: type) -> list[str]:
    """The arguments that a class of this project cannot do without.

    Of layers no one knows: a part hands most of them down.
    """
    if not kind.__module__.startswith('mmdet3d.') or '.layers.' in kind.__module__:
        return []
    return [
        name
        for name, each in inspect.signature(kind).parameters.items()
        if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    ]


def check_keys(key: str, given: Iterable[str], known: Collection[str], why: str = '') -> None:
    """Check that the keys of a section are known ones.

    Args:
        key: where the section stands in the config.
        given: its keys.
        known: the known ones.
        why: what to say of an unknown one.

    Raises:
        TypeError: if one is not; the message names those that come close.
    """
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
            hint = f'did you mean {" or ".join(close)}?' if close else f'known are {sorted(known)}'
            raise TypeError(f'{key} has {name}{why or ", which nothing reads"}: {hint}')


def keywords_of(kind: type) -> dict[str, inspect.Parameter] | None:
    """Return the keyword arguments of a class, with those that it passes on to its bases.

    Returns:
        the arguments by name; None where any keyword may be one.
    """
    found: dict[str, inspect.Parameter] = {}
    for base in kind.__mro__:
        if '__init__' not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)['__init__']).parameters.values())[1:]
        for each in parameters:
            if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY):
                found.setdefault(each.name, each)
        passes_on = any(each.kind is each.VAR_KEYWORD for each in parameters)
        if not passes_on:
            return found
        if base.__module__.split('.')[0] not in _KNOWN_PACKAGES:
            return None
    return None
