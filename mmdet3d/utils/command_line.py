"""How every command-line tool starts and ends."""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from mmdet3d.utils.messages import messages_of_a_run, print_error, print_interruption
from mmdet3d.utils.mistakes import describe, is_mistake
from mmdet3d.utils.parallel import end_with_launcher

INTERRUPTED = 130
_BROKEN_PIPE = 141


def run_tool(main: Callable[[], None], interrupted: str = '') -> int:
    """Run a tool. An error ends in one line on stderr, and warnings are lines too.

    The traceback is in the log of the run, if it has begun one, and is shown with ``--traceback``.

    Args:
        main: the tool.
        interrupted: what can be done after Ctrl+C.

    Returns:
        the exit status: 0, 1 after an error, 130 after Ctrl+C.
    """
    end_with_launcher()
    # A log on a full disk would print a traceback for each of its lines.
    logging.raiseExceptions = False
    try:
        with messages_of_a_run():
            return _run(main, interrupted)
    except OSError as error:
        print_error(describe(error))
        return 1


def _run(main: Callable[[], None], interrupted: str) -> int:
    try:
        main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print_interruption(interrupted)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception as error:
        _report(error)
        return 1
    return 0


def _report(error: Exception) -> None:
    text = ''.join(traceback.format_exception(error))
    log = _write_to_log(text)
    shown = '--traceback' in sys.argv
    if shown:
        print(text, file=sys.stderr)
    where = '' if is_mistake(error) or shown else '; --traceback shows where'
    print_error(describe(error) + (f' (traceback in {log})' if log else where))


def _write_to_log(text: str) -> Path | None:
    """Write to the log file of the run, if it has begun one, and return the file."""
    for handler in logging.getLogger('mmdet').handlers:
        if isinstance(handler, logging.FileHandler):
            record = logging.makeLogRecord({'name': 'mmdet', 'levelname': 'ERROR', 'msg': text})
            handler.handle(record)
            return Path(handler.baseFilename)
    return None
