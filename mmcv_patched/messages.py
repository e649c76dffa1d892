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

# A file in it stands for each message that was shown; None outside of a run.
_folder: str | None = None
# Whether other processes than this one and its workers show messages of the run.
_is_shared = False
# Whether what can be seen beforehand has been checked, so that errors are the work's own.
_has_begun = False
_END, _CONSEQUENCE = 'end', 'consequence'


class Terminated(BaseException):
    """The run was ended by SIGTERM; the message says what was saved.

    It is no error that anything on the way should handle.
    """


def one_line(text: str) -> str:
    """Return a text with each run of white space as one blank, and cut where it grows too long."""
    text = ' '.join(text.split())
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]} ...'


@contextmanager
def messages_of_a_run() -> Iterator[None]:
    """Show warnings as lines, and each message once among all processes, within the block."""
    global _folder, _is_shared, _has_begun
    outer = _folder, _is_shared, _has_begun
    given = os.environ.pop(_VARIABLE, None)
    with _own_folder() as own, warnings.catch_warnings():
        _is_shared, _has_begun = given is not None, False
        join_messages(given or own)
        _forget_earlier_attempt()
        try:
            yield
        finally:
            _folder, _is_shared, _has_begun = outer


def _forget_earlier_attempt() -> None:
    """Let a group that torchrun has restarted say why it ends, as if nobody had before."""
    attempt = os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')
    if _folder is not None and attempt != '0' and _is_first(f'attempt{attempt}'):
        for name in (_END, _CONSEQUENCE):
            if os.path.exists(os.path.join(_folder, name)):
                os.remove(os.path.join(_folder, name))


@contextmanager
def _own_folder() -> Iterator[str | None]:
    """Make a folder; None where the disk is full, which whatever comes next will say."""
    try:
        folder = TemporaryDirectory(prefix='pointdistiller-')
    except OSError:
        yield None
        return
    with folder as name:
        yield name


def messages_to_join() -> str | None:
    """Return what a worker has to hand to :func:`join_messages`; None outside of a run."""
    return _folder


def join_messages(folder: str | None) -> None:
    """Let this process show warnings as lines, and none that its run has shown.

    Args:
        folder: from :func:`messages_to_join` in the process that started this one; None if it
            cannot be known what has been shown.
    """
    global _folder
    _folder = folder
    # Last, so that what the libraries ask to be ignored stays ignored.
    warnings.simplefilter('always', append=True)
    warnings.showwarning = _show_warning


def share_messages() -> None:
    """Let the tools that this process starts from now on belong to its run."""
    if _folder is not None:
        os.environ[_VARIABLE] = _folder


def are_messages_shared() -> bool:
    """Whether this process is one of several tools in a run, whose launcher has the last word."""
    return _is_shared


def begin_work() -> None:
    """Say that all is checked that can be before the work, whose errors now need a traceback."""
    global _has_begun
    _has_begun = True


def has_work_begun() -> bool:
    """Whether :func:`begin_work` was called in this run."""
    return _has_begun


def note_consequence(text: str) -> None:
    """Keep an error that only follows from another process's, for the launcher to tell."""
    if _folder is not None and _is_first(_CONSEQUENCE):
        with open(os.path.join(_folder, _CONSEQUENCE), 'w', encoding='utf-8') as file:
            file.write(one_line(text))


def noted_consequence() -> str:
    """Return what the first call of :func:`note_consequence` kept; '' without one."""
    path = os.path.join(_folder or '', _CONSEQUENCE)
    if _folder is None or not os.path.exists(path):
        return ''
    with open(path, encoding='utf-8') as file:
        return file.read()


def error_line(text: str) -> str:
    """Return ``error: text``, or '' if a process of the run has said already why it ends.

    The first one is the cause; what others meet when one of them has ended only follows from it.
    """
    return f'error: {one_line(text)}' if _is_first(_END) else ''


def print_error(text: str) -> None:
    """Print :func:`error_line` on stderr."""
    if line := error_line(text):
        print(line, file=sys.stderr, flush=True)


def print_interruption(hint: str) -> None:
    """Print ``interrupted``, and what can be done then, if there is anything."""
    if _is_first(_END):
        print(f'interrupted{f": {hint}" if hint else ""}', file=sys.stderr, flush=True)


def print_termination(saved: str, hint: str) -> None:
    """Print ``ended by SIGTERM``, what was saved, and what can be done then."""
    if _is_first(_END):
        what = f', {saved} was written' if saved else ''
        print(f'ended by SIGTERM{what}{f": {hint}" if hint else ""}', file=sys.stderr, flush=True)


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
