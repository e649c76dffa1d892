"""Walk through what batches and results are made of: nested lists, tuples, dicts, data classes."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any


def map_leaves(function: Callable[[Any], Any], data: Any) -> Any:
    """Apply a function to everything in nested containers that is no container itself.

    Args:
        function: what to call on each leaf.
        data: lists, tuples, dicts and instances of data classes in any nesting, or a single leaf.

    Returns:
        a copy of the same nesting. Containers keep their types, named tuples and subclasses too.
    """
    if isinstance(data, dict):
        mapped = copy.copy(data)
        for key, value in data.items():
            mapped[key] = map_leaves(function, value)
        return mapped
    if isinstance(data, (list, tuple)):
        values = [map_leaves(function, value) for value in data]
        return type(data)(*values) if hasattr(data, '_fields') else type(data)(values)
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        names = [field.name for field in dataclasses.fields(data) if field.init]
        fields = {name: map_leaves(function, getattr(data, name)) for name in names}
        return dataclasses.replace(data, **fields)
    return function(data)
