"""Whether the value of an option is of the type that its argument is annotated with."""

import sys
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from mmdet3d.utils.shown import shown

_LARGEST_WHOLE = 2**31 - 1


def require_type(name: str, value: Any, hint: Any) -> None:
    """Check an option.

    Args:
        name: what the option is called.
        value: its value.
        hint: the annotation: int, float, str, bool, dict, None, or several of them. A whole number
            is a float too. Numbers have to be finite, and whole ones below 2^31. Any other
            annotation takes everything.

    Raises:
        ValueError: if the value is of another type.
    """
    allowed = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if not any(_is(value, each) for each in allowed):
        names = ' or '.join(getattr(each, '__name__', str(each)) for each in allowed)
        raise ValueError(f'{name}={shown(value)}: expected {names.replace("NoneType", "None")}')


def _is(value: Any, kind: Any) -> bool:
    kind = get_origin(kind) or kind
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return number and isinstance(value, int) and abs(value) <= _LARGEST_WHOLE
    if kind is float:
        return number and abs(value) <= sys.float_info.max
    if kind is dict:
        return isinstance(value, Mapping)
    return kind not in (str, bool, NoneType) or isinstance(value, kind)
