"""The packages that exporting and running models need besides those of the detectors."""

from importlib import import_module
from typing import Any


def require(name: str) -> Any:
    """Return a package that is needed.

    Raises:
        ImportError: if it is not installed; the message says how to.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f'{error.name} is not installed, which exported models need: '
            'pip install -r requirements-export.txt'
        ) from error
