"""Read the config that a checkpoint carries, as data: none of it is executed."""

import ast
from collections.abc import Mapping
from typing import Any


def read_model_section(meta: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what a checkpoint's config says on a part of the network.

    Args:
        meta: the checkpoint's ``meta``, with the text of the config as ``config``.
        name: the part's name in the network, such as 'voxel_encoder'.

    Returns:
        its section; empty where there is no such text, or it does not name this part.
    """
    section: Any = _read_model(meta.get('config'))
    for key in name.split('.'):
        section = section.get(key) if isinstance(section, dict) else None
    return section if isinstance(section, dict) else {}


def _read_model(text: Any) -> Any:
    try:
        statements = ast.parse(text if isinstance(text, str) else '').body
    except SyntaxError:
        # The earliest releases put the name of the file before the text.
        return None
    for statement in statements:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == 'model':
            return _value(statement.value)
    return None


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
