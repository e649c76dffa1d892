"""Imported first by every tool: say in one line what an environment lacks that cannot run it.

This file has to run on Python 3.7 too, to say that it is too old.
"""

from __future__ import annotations

import os
import re
import sys
from types import TracebackType

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Their later versions are other libraries under the same name.
EXACT = ('mmcv-full', 'mmdet')


def complaint() -> str:
    """Return what is wrong with this environment; '' if nothing is."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        return 'Python 3.11 or 3.12 is needed'
    lacking = [line for line in required() if not is_met(*line.split('=='))]
    return 'it lacks ' + ', '.join(lacking) if lacking else ''


def required() -> list[str]:
    """Return what is needed everywhere, as ``name==version``."""
    with open(os.path.join(ROOT, 'requirements.txt')) as file:
        everywhere = file.read().split('# For nuScenes alone.')[0]
    lines = re.findall(r'^[\w-]+==[\w.]+', everywhere, re.MULTILINE)
    return [line for line in lines if not line.startswith('spconv')]  # which has several names


def is_met(name: str, version: str) -> bool:
    """Whether a distribution is installed, in another version too where that can do."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(name) == version or name not in EXACT
    except PackageNotFoundError:
        return False


def end_in_one_line(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Report what goes wrong while a tool imports its libraries, or after ``--traceback`` all."""
    if '--traceback' in sys.argv:
        sys.__excepthook__(kind, error, trace)
    elif issubclass(kind, KeyboardInterrupt):
        sys.stderr.write('interrupted\n')
    else:
        text = ' '.join(str(error).split())
        sys.stderr.write(f'error: {kind.__name__}: {text} (--traceback shows where)\n')


problem = complaint()
if problem:
    version = '.'.join(map(str, sys.version_info[:3]))
    sys.exit(
        f'error: {sys.executable} (Python {version}) cannot run this: {problem}; run bash '
        'tools/install.sh, then activate its environment by . .venv/bin/activate'
    )
sys.excepthook = end_in_one_line
# This checkout, not another package of the same name.
sys.path.insert(0, ROOT)
