"""Say what a misspelt registry name may have meant."""

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from mmcv.utils import Registry

_NOT_REGISTERED = re.compile(r"'?([\w.]+) is not in the (.+?) registry")


@contextmanager
def suggest_names(*registries: Registry) -> Iterator[None]:
    """Complete the error for an unknown ``type`` with the registered names that come close to it.

    Args:
        *registries: where the components built in the block are registered.

    Raises:
        KeyError: instead of the one that mmcv raises, with the names.
    """
    try:
        yield
    except KeyError as error:
        match = _NOT_REGISTERED.search(str(error))
        if match is None:
            raise
        given, registry_name = match.groups()
        names = sorted(
            {name for each in registries if each.name == registry_name for name in each.module_dict}
        )
        close = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
        hint = f'did you mean {" or ".join(close)}?' if close else f'registered are {names}'
        raise KeyError(f"type='{given}' is not in the {registry_name} registry: {hint}") from error
