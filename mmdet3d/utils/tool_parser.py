"""Arguments of the command line: what is misspelt, no longer needed, or goes by another name."""

import argparse
import difflib
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from mmcv_patched.messages import print_error
from mmdet3d.utils.options import DictAction

_OPTION = re.compile(r'--?[A-Za-z][^\s=]*')


class ToolParser(argparse.ArgumentParser):
    """A parser whose errors are one line, and which takes no option for another.

    Args:
        **settings: as for ``argparse.ArgumentParser``.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)
        self.add_argument('--traceback', action='store_true', help='show where an error came from')

    def parse_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """Parse as the base class does, after looking for names that are unknown."""
        args = sys.argv[1:] if args is None else list(args)
        # Before anything else: a misspelt option is not to be reported as another one's absence.
        options = self._options_of(args)
        for word in args[: args.index('--')] if '--' in args else args:
            option = _OPTION.match(word)
            if option and ' ' not in word and option[0] not in options:
                self._refuse(option[0], options)
        return super().parse_args(args, namespace)

    def _options_of(self, args: Sequence[str]) -> dict[str, argparse.Action]:
        """The options of this parser and of the sub-command that is given, if it has any."""
        options = dict(self._option_string_actions)
        for action in self._actions:
            commands = action.choices if action.nargs == argparse.PARSER else None
            for word in args:
                if isinstance(commands, Mapping) and word in commands:
                    options |= commands[word]._option_string_actions
        return options

    def _refuse(self, option: str, options: Mapping[str, argparse.Action]) -> NoReturn:
        known = [name for name, each in options.items() if each.help != argparse.SUPPRESS]
        close = difflib.get_close_matches(option, known, n=1, cutoff=0.6)
        self.error(f'there is no {option}' + (f': did you mean {close[0]}?' if close else ''))

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2."""
        print_error(f'{message} ({self.prog} --help lists the arguments)')
        sys.exit(2)


def whole_number(least: int = 0) -> Callable[[str], int]:
    """Make the ``type`` of an argument that is a whole number of ``least`` or more."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of {least} or more')
        return int(text)

    return read


def read_named_folders(parser: argparse.ArgumentParser, words: Iterable[str]) -> dict[str, str]:
    """Read folders by name from words such as ``student=work_dirs/student``.

    Args:
        parser: what ends with an error if a word is not NAME=FOLDER, or a name comes twice.
        words: of the command line.
    """
    folders: dict[str, str] = {}
    for word in words:
        name, separator, folder = word.partition('=')
        if not separator:
            parser.error(f'{word!r}: expected NAME=WORK_DIR')
        if name in folders:
            parser.error(f'{word!r}: there is a run {name} already; give each its own name')
        folders[name] = folder
    return folders


class Refused(argparse.Action):
    """An option of mmdetection3d's tools that is an error here.

    Args:
        option_strings: the option.
        dest: unused.
        instead: what to do instead.
        accepted: values that ask for what is done anyway.
        nargs: as for ``add_argument``.
        **_: unused.
    """

    def __init__(
        self,
        option_strings: Sequence[str],
        dest: str,
        instead: str,
        accepted: Sequence[str] = (),
        nargs: str | int = '*',
        **_: Any,
    ) -> None:
        super().__init__(
            option_strings, dest, nargs, default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
        self.instead, self.accepted = instead, accepted

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Refuse, unless all values are accepted."""
        if not values or set(values) - set(self.accepted):
            parser.error(f'{" ".join([option, *values])} is not supported: {self.instead}')


class Unneeded(argparse.Action):
    """An option of mmdetection3d's tools that changes nothing here; it is accepted, and said so.

    Args:
        option_strings: the option.
        dest: unused.
        because: why it is not needed.
        nargs: as for ``add_argument``.
        **_: unused.
    """

    def __init__(
        self,
        option_strings: Sequence[str],
        dest: str,
        because: str,
        nargs: str | int = 0,
        **_: Any,
    ) -> None:
        super().__init__(
            option_strings, dest, nargs, default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
        self.because = because

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Say that the option changes nothing."""
        warnings.warn(f'{option} changes nothing: {self.because}', stacklevel=2)


class KeyValues(DictAction):
    """Options by key, which may be given under an old name, with a warning."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Add what is given to what was given before."""
        name = self.option_strings[0]
        if option != name:
            warnings.warn(f'{option} is an old name: write {name}', stacklevel=2)
        super().__call__(parser, namespace, values, option)
