"""What a tool says on stderr of errors and warnings: one line each, and each once in a run."""

import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

_VARIABLE = 'POINTDISTILLER_MESSAGES'
_LONGEST = 1500

# A file in it stands for each message that was shown. Workers that are forked inherit it.
_folder: str | None = None


def one_line(text: str) -> str:
    """Return a text with each run of white space as one blank, and cut where it grows too long."""
    text = ' '.join(text.split())
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]} ...'


@contextmanager
def messages_of_a_run() -> Iterator[None]:
    """Show warnings as lines, and each message once among all processes, within the block."""
    global _folder
    outer = _folder
    shared = os.environ.pop(_VARIABLE, None)
    with TemporaryDirectory(prefix='pointdistiller-') as own, warnings.catch_warnings():
        _folder = shared or own
        show_warnings_as_lines()
        try:
            yield
        finally:
            _folder = outer


def share_messages() -> None:
    """Let the processes that this one starts from now on show nothing that one of them has shown.

    It is for use within :func:`messages_of_a_run`.
    """
    if _folder is not None:
        os.environ[_VARIABLE] = _folder


def show_warnings_as_lines() -> None:
    """Let this process show warnings as ``warning: ...``."""
    # Last, so that what the libraries ask to be ignored stays ignored.
    warnings.simplefilter('always', append=True)
    warnings.showwarning = _show_warning


def print_error(text: str) -> None:
    """Print ``error: text``, unless a process of the run has printed its error before.

    The first one is the cause; what others meet when one of them has ended only follows from it.
    """
    if _is_first('end'):
        print(f'error: {one_line(text)}', file=sys.stderr, flush=True)


def print_interruption(hint: str) -> None:
    """Print ``interrupted``, and what can be done then, if there is anything."""
    if _is_first('end'):
        print(f'interrupted{f": {hint}" if hint else ""}', file=sys.stderr, flush=True)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    line = f'warning: {one_line(str(message))}'
    if _is_first(hashlib.sha1(line.encode()).hexdigest()):
        print(line, file=sys.stderr, flush=True)


def _is_first(name: str) -> bool:
    if _folder is None:
        return True
    try:
        os.close(os.open(os.path.join(_folder, name), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    except OSError:
        return True  # on a full disk rather twice than never
    return True
