"""Names that a package still answers to, although what they stand for lives on a higher floor."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def moved(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """Make a package's ``__getattr__``, which looks a name up where it lives now.

    Nothing is imported until a caller asks for the name, so no package loads one above it.

    Args:
        package: the package, for the error.
        places: the module of each name.
    """

    def look_up(name: str) -> Any:
        if name not in places:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        return getattr(import_module(places[name]), name)

    return look_up
