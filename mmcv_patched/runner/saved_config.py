"""Read the config that a checkpoint carries, as data: none of it is executed."""

import ast
import re
from collections.abc import Mapping
from typing import Any

# The earliest releases put the path of each file, and of those that it inherits from, before its
# text.
_PATH_LINE = re.compile(r'^\S+\.py$', re.MULTILINE)


def read_model_section(meta: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what a checkpoint's config says on a part of the network.

    Args:
        meta: the checkpoint's ``meta``, with the text of the config as ``config``.
        name: the part's name in the network, such as 'voxel_encoder'.

    Returns:
        its section; empty where there is no such text, or it does not name this part.
    """
    return read_section(meta, f'model.{name}')


def read_section(meta: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a section of a checkpoint's config.

    Args:
        meta: the checkpoint's ``meta``, with the text of the config as ``config``.
        name: the section's name with those that it lies in, such as 'data.train'.

    Returns:
        its content; empty where there is no such text, or no such section.
    """
    first, *rest = name.split('.')
    section: Any = _read_variable(meta.get('config'), first)
    for key in rest:
        section = section.get(key) if isinstance(section, dict) else None
    return section if isinstance(section, dict) else {}


def _read_variable(text: Any, name: str) -> Any:
    """Return the value of a variable; a dict that is given again is merged, as by inheritance."""
    try:
        statements = ast.parse(_PATH_LINE.sub('', text) if isinstance(text, str) else '').body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # No Python, or nested deeper than Python reads.
        return None
    value: Any = None
    for statement in statements:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            value = _merged(value, _value(statement.value))
    return value


def _merged(base: Any, change: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(change, dict)) or change.get('_delete_'):
        return change
    return base | {key: _merged(base.get(key), value) for key, value in change.items()}


def _value(node: ast.expr) -> Any:
    """Return dicts, written either way, as dicts, other constants as they are, the rest as None."""
    if isinstance(node, ast.Dict):
        return {_value(key): _value(value) for key, value in zip(node.keys, node.values) if key}
    if isinstance(node, ast.Call) and ast.unparse(node.func) == 'dict':
        return {word.arg: _value(word.value) for word in node.keywords}
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
