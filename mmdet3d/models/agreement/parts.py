"""One part of a detector's config: its place, its class, and its settings with their defaults."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmcv.utils import Registry

from mmdet3d.models.builder import MODELS


@dataclass(frozen=True)
class Part:
    """What a config says of one part.

    Attributes:
        key: where it stands in the config, such as 'model.backbone'.
        kind: name of its class, '' where the config has no ``type``.
        settings: its arguments, those left out with the class's defaults; sequences are lists.
    """

    key: str
    kind: str
    settings: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.settings[name]

    def says(self, *names: str) -> str:
        """Return settings as an error is to show them, with their full keys."""
        return ' and '.join(f'{self.key}.{name}={self.settings.get(name)!r}' for name in names)


def read_part(key: str, cfg: Mapping[str, Any], registry: Registry = MODELS) -> Part:
    """Read the config of a part.

    Args:
        key: where it stands in the config.
        cfg: its section.
        registry: where its ``type`` is registered.

    Returns:
        the part. A class that takes what it does not name has no defaults but those it names.
    """
    given = {name: as_lists(value) for name, value in cfg.items() if name != 'type'}
    kind = cfg.get('type', '')
    built = registry.get(kind) if isinstance(kind, str) else kind
    defaults = {} if built is None else _defaults(built)
    return Part(key, kind if isinstance(kind, str) else kind.__name__, {**defaults, **given})


def _defaults(built: Any) -> dict[str, Any]:
    parameters = inspect.signature(built).parameters.values()
    return {
        each.name: as_lists(each.default)
        for each in parameters
        if each.default is not inspect.Parameter.empty
    }


def as_lists(value: Any) -> Any:
    """Return a value with lists in place of tuples, also inside; mappings become plain dicts."""
    if isinstance(value, Mapping):
        return {key: as_lists(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_lists(each) for each in value]
    return value


def require_agreement(fits: bool, one: str, other: str, remedy: str) -> None:
    """Refuse two settings that do not go together.

    Args:
        fits: they do.
        one: the first, with its key and value.
        other: the second, likewise.
        remedy: why, and what to set.

    Raises:
        ValueError: unless they do.
    """
    if not fits:
        raise ValueError(f'{one} does not go with {other}: {remedy}')
