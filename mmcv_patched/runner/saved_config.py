"""Read the config that a checkpoint carries, as data: none of it is executed."""

import ast
import re
from collections.abc import Mapping
from typing import Any

# The earliest releases put the path of each file, and of those that it inherits from, before its
# text.
_PATH_LINE = re.compile(r'^\S+\.py$', re.MULTILINE)
# What Python makes of text that is no program, nested too deeply, or has keys that cannot be any.
_UNREADABLE = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError)
_NUMBERS = {'inf': float('inf'), 'nan': float('nan')}


def read_settings(text: Any, where: str) -> dict[str, Any]:
    """Return all that a config says, whose values are literals and calls of ``dict``.

    Args:
        text: of the config, as ``meta['config']`` of a checkpoint has it.
        where: the checkpoint, for the error.

    Returns:
        the values by name.

    Raises:
        ValueError: if there is no text, or anything in it is no data; nothing is executed.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f'{where} carries no config: give the config file too')
    try:
        settings = dict(map(_assignment, ast.parse(_PATH_LINE.sub('', text)).body))
    except _UNREADABLE as error:
        raise ValueError(
            f'the config in {where} cannot be read as data ({_reason(error)}), and is not '
            'executed: give the config file too'
        ) from error
    if '_base_' in settings:
        raise ValueError(
            f'the config in {where} inherits from other files: give the config file too'
        )
    return settings


def _reason(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f'line {error.lineno}: {error.msg}'
    return str(error) or type(error).__name__


def _assignment(statement: ast.stmt) -> tuple[str, Any]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            return target.id, _data(statement.value)
    raise ValueError(f'line {statement.lineno}: expected NAME = VALUE')


def _data(node: ast.expr) -> Any:
    """Return the value of a literal or of ``dict(...)``, to any depth."""
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {_data(key): _data(value) for key, value in zip(node.keys, node.values) if key}
    if isinstance(node, ast.Call) and ast.unparse(node.func) == 'dict' and not node.args:
        if all(word.arg for word in node.keywords):
            return {word.arg: _data(word.value) for word in node.keywords}
    elif isinstance(node, (ast.List, ast.Tuple)):
        values = map(_data, node.elts)
        return list(values) if isinstance(node, ast.List) else tuple(values)
    elif isinstance(node, ast.Name) and node.id in _NUMBERS:
        return _NUMBERS[node.id]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_number(node.operand)
    elif isinstance(node, ast.Constant):
        return node.value
    raise ValueError(f'line {node.lineno}: {ast.unparse(node)[:60]} is no literal')


def _number(node: ast.expr) -> Any:
    value = _data(node)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f'line {node.lineno}: -{ast.unparse(node)[:60]} is no number')
    return value


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
    except _UNREADABLE:
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
        items = zip(node.keys, node.values)
        return {key.value: _value(each) for key, each in items if isinstance(key, ast.Constant)}
    if isinstance(node, ast.Call) and ast.unparse(node.func) == 'dict':
        return {word.arg: _value(word.value) for word in node.keywords}
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
