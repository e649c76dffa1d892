"""Options of the command line as KEY=VALUE: reading them, and refusing those with no effect."""

import argparse
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_OPENING, _CLOSING = '([', ')]'
_QUOTES = '\'"'


class DictAction(argparse.Action):
    """Collect arguments KEY=VALUE in a dict.

    A value is a whole number, a number, ``True``, ``False``, ``None``, or else the text as it
    stands, with its blanks and apostrophes. ``[A,B]`` and ``A,B`` are lists and ``(A,B)`` is a
    tuple, of such values or of further lists. What is within a pair of quotes is text.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add the arguments to those given before."""
        options = dict(getattr(namespace, self.dest, None) or {})
        try:
            for argument in values:
                key, value = _split(argument)
                _check_key(key, options)
                options[key] = parse_value(value)
        except ValueError as error:
            parser.error(f'{option_string}: {error}')
        setattr(namespace, self.dest, options)


def _split(argument: str) -> tuple[str, str]:
    key, separator, value = argument.partition('=')
    if not separator:
        raise ValueError(f'{argument!r} has no "=": give KEY=VALUE, within quotes if it has blanks')
    if not all(key.split('.')) or key != key.strip():
        raise ValueError(f'{argument!r}: {key!r} is no key; give KEY=VALUE, such as runner.type=X')
    return key, value


def _check_key(key: str, given: Mapping[str, Any]) -> None:
    for other in given:
        if key == other:
            raise ValueError(f'{key} is given twice')
        if f'{key}.'.startswith(f'{other}.') or f'{other}.'.startswith(f'{key}.'):
            raise ValueError(f'{other} and {key} are both given, one of which holds the other')


def parse_value(text: str) -> Any:
    """Return the value that a text of the command line stands for, see :class:`DictAction`.

    Raises:
        ValueError: if the brackets of a list do not match.
    """
    stripped = text.strip()
    if _is_quoted(stripped):
        inner = stripped[1:-1]
        # A list within quotes: a shell's quotes that have come through.
        return parse_value(inner) if inner[:1] and inner[0] in _OPENING else inner
    for opening, closing, kind in (('(', ')', tuple), ('[', ']', list)):
        if stripped.startswith(opening) and stripped.endswith(closing):
            return kind(parse_value(each.strip()) for each in _elements(stripped[1:-1]))
    if ',' in stripped:
        elements = _elements(stripped)
        if len(elements) > 1 or stripped.endswith(','):
            return [parse_value(each.strip()) for each in elements]
    return _scalar(text)


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] in _QUOTES and text.endswith(text[0])


def _elements(text: str) -> list[str]:
    """Cut a text at the commas that are within neither brackets nor quotes."""
    elements, start, depth, quote = [], 0, 0, ''
    for i, char in enumerate(text):
        if quote:
            # An apostrophe within a word does not end it.
            if char == quote and re.match(r'\s*([,)\]]|$)', text[i + 1 :]):
                quote = ''
        elif char in _QUOTES and re.search(r'(^|[,(\[])\s*$', text[:i]):
            quote = char
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == ',' and depth == 0:
            elements.append(text[start:i])
            start = i + 1
    if depth or quote:
        raise ValueError(f'{text!r}: brackets or quotes do not match')
    last = text[start:]
    return [*elements, last] if last.strip() else elements


def _scalar(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    word = text.strip()
    if word.lower() in ('true', 'false'):
        return word.lower() == 'true'
    return None if word == 'None' else text


def merge_options(cfg: Any, options: Mapping[str, Any]) -> None:
    """Put options into a config.

    Args:
        cfg: the config, changed in place.
        options: values by dotted key, as :func:`check_options` has passed them.
    """
    for option, value in options.items():
        *above, last = option.split('.')
        node: Any = cfg
        for part in above:
            node = node[int(part)] if isinstance(node, list) else (node or {}).get(part)
        # mmcv merges dicts alone into an element of a list.
        if isinstance(node, list) and not isinstance(value, Mapping):
            node[int(last)] = value
        else:
            cfg.merge_from_dict({option: value})


def check_options(cfg: Mapping, options: Mapping[str, Any], settings: Sequence[str]) -> None:
    """Refuse options that would change nothing.

    Args:
        cfg: the config.
        options: values by dotted key.
        settings: the top-level keys that anything reads.

    Raises:
        ValueError: if an option is a variable of the config file or below one, has no place in the
            config, or would put a value in the place of a section.
    """
    for option, value in options.items():
        first = option.partition('.')[0]
        if first in cfg and first not in settings:
            raise ValueError(_of_variable(cfg, option, settings))
        _check_path(cfg, option, value, settings)


def _check_path(cfg: Mapping, option: str, value: Any, settings: Sequence[str]) -> None:
    node: Any = cfg
    known = ''
    for part in option.split('.'):
        if isinstance(node, tuple):
            raise ValueError(f'option {option}: {known} is a tuple; set the whole of it')
        if isinstance(node, list):
            if not part.isdigit() or int(part) >= len(node):
                raise ValueError(f'option {option}: {known} is a list of {len(node)}: no {part}')
            node, known = node[int(part)], f'{known}.{part}'
            continue
        if not hasattr(node, 'keys'):
            raise ValueError(f'option {option}: {known} is {node!r}, which has no {part}')
        if part not in node:
            if known:
                _check_new_key(option, part, known, list(node))
            elif part not in settings:
                raise ValueError(_of_unknown(cfg, option, part, settings))
            return  # nothing is known of what is below a key that the config leaves out
        node = node[part]
        known = f'{known}.{part}' if known else part
    if isinstance(node, Mapping) and not (value is None or isinstance(value, Mapping)):
        raise ValueError(
            f'option {option}={value!r}: {known} is a section; set the keys below it, '
            f'{sorted(map(str, node))}'
        )


def _check_new_key(option: str, key: str, known: str, siblings: Sequence[str]) -> None:
    """Refuse a key that looks like one beside it; classes judge their own keys later."""
    close = difflib.get_close_matches(key, siblings, n=1, cutoff=0.8)
    if close:
        raise ValueError(f'option {option}: there is no {key} in {known}; did you mean {close[0]}?')


def _of_unknown(cfg: Mapping, option: str, key: str, settings: Sequence[str]) -> str:
    """Say of a top-level key that nothing would read it, and which one may have been meant."""
    meant = difflib.get_close_matches(key, settings, n=1, cutoff=0.8) or [
        path
        for each in settings
        if each in cfg
        for path, _ in _walk(each, cfg[each])
        if path.split('.')[-1] == key
    ]
    hint = f'did you mean {" or ".join(meant[:3])}?' if meant else f'it has {sorted(settings)}'
    return f'option {option}: there is no {key} in the config; {hint}'


def _of_variable(cfg: Mapping, option: str, settings: Sequence[str]) -> str:
    """Say which settings hold the value of a variable."""
    name, _, rest = option.partition('.')
    holders = _holders(cfg, name, settings)
    if rest:
        holders = [f'{each}.{rest}' for each in holders]
    instead = 'none of the settings holds its value any more'
    if holders:
        more = f' and {len(holders) - 6} more' if len(holders) > 6 else ''
        instead = f'set {", ".join(holders[:6])}{more} instead'
    if name == 'data_root':
        instead = f'give --data-root, or {instead}'
    return (
        f'option {option}: {name} is a variable of the config file, which has been used already; '
        f'{instead}'
    )


def _holders(cfg: Mapping, name: str, settings: Sequence[str]) -> list[str]:
    """Keys of the settings that hold the value of a variable, those with the shortest first."""
    value = cfg[name]
    found = [
        path
        for key in settings
        if key in cfg
        for path, each in _walk(key, cfg[key])
        if type(each) is type(value) and each == value
    ]
    if isinstance(value, (int, float)):
        # A number may stand in other settings by chance.
        found = [path for path in found if path.split('.')[-1] == name] or found
    return sorted(found, key=lambda path: path.count('.'))


def _walk(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Give a setting and everything within it, by their keys."""
    yield path, node
    inner: Any = node.items() if isinstance(node, Mapping) else ()
    if isinstance(node, (list, tuple)):
        inner = enumerate(node)
    for key, each in inner:
        yield from _walk(f'{path}.{key}', each)
