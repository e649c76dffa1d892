"""How every command-line tool starts and ends."""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from mmcv_patched.messages import (
    Terminated,
    are_messages_shared,
    error_line,
    has_work_begun,
    messages_of_a_run,
    note_consequence,
    print_interruption,
    print_termination,
)
from mmdet3d.utils.mistakes import consequence, describe, is_mistake
from mmdet3d.utils.parallel import end_with_launcher

INTERRUPTED = 130
# 128 and the number of SIGTERM, as a shell has it.
TERMINATED = 143
_BROKEN_PIPE = 141


def run_tool(main: Callable[[], None], interrupted: str = '') -> None:
    """Run a tool. An error ends in one line on stderr, and warnings are lines too.

    The traceback is in the log of the run, if it has begun one, and is shown with ``--traceback``;
    so is that of a process of a group at work, of which only the first has a log.

    Args:
        main: the tool.
        interrupted: what can be done after Ctrl+C, or SIGTERM.

    Raises:
        SystemExit: after an error with its line, after Ctrl+C with status 130,
            after SIGTERM, if the tool has saved before it ends, with status 143.
    """
    end_with_launcher()
    # A log on a full disk would print a traceback for each of its lines.
    logging.raiseExceptions = False
    with messages_of_a_run():
        try:
            main()
            sys.stdout.flush()
        except KeyboardInterrupt:
            print_interruption(interrupted)
            sys.exit(INTERRUPTED)
        except Terminated as ended:
            print_termination(str(ended), interrupted)
            sys.exit(TERMINATED)
        except BrokenPipeError:
            # Whoever read the output has seen enough; Python would complain once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)
        except Exception as error:
            sys.exit(_report(error))


def _report(error: Exception) -> str | int:
    """Return what to exit with: the line of the error, or 1 if another process's comes first."""
    text = ''.join(traceback.format_exception(error))
    log = _write_to_log(text)
    asked = '--traceback' in sys.argv
    if asked:
        print(text, file=sys.stderr)
    if (of_another := consequence(error)) and are_messages_shared():
        note_consequence(of_another)
        return 1  # the one that ended has said why, or the launcher will
    shown = asked or (are_messages_shared() and has_work_begun())
    where = '' if is_mistake(error) or shown else '; --traceback shows where'
    line = error_line(describe(error) + (f' (traceback in {log})' if log else where))
    if line and shown and not asked:
        print(text, file=sys.stderr)
    return line or 1


def _write_to_log(text: str) -> Path | None:
    """Write to the log file of the run, if it has begun one, and return the file."""
    for handler in logging.getLogger('mmdet').handlers:
        if isinstance(handler, logging.FileHandler):
            record = logging.makeLogRecord({'name': 'mmdet', 'levelname': 'ERROR', 'msg': text})
            handler.handle(record)
            return Path(handler.baseFilename)
    return None
