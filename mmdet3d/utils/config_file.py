"""Read a config file, and say in one line what is wrong with it."""

import re
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmcv import Config

from mmcv_patched.messages import one_line

_ENDINGS = ('.py', '.json', '.yaml', '.yml')
# What configs say from mmdetection3d v1.1 on, which mmengine reads.
_LATER = re.compile(
    r'^(?:with (read_base)|(default_scope|train_dataloader|val_dataloader|test_dataloader'
    r'|optim_wrapper|param_scheduler|default_hooks)\s*=)|(?:from|import) (mmengine)'
    r'|(mmdet3d::|Det3DDataPreprocessor)',
    re.MULTILINE,
)


def read_config(path: Path) -> Config:
    """Read a config file.

    Args:
        path: the file, which exists.

    Raises:
        ValueError: if it is no config, is one of mmdetection3d v1.1 or later, or it or what it
            inherits from cannot be run; the message names file and line.
    """
    if path.suffix in ('.pth', '.pt', '.pkl'):
        raise ValueError(
            f'{path} is no config, but weights or data: the config comes first, then the checkpoint'
        )
    if path.suffix not in _ENDINGS:
        raise ValueError(f'{path} is no config: its name would end in one of {", ".join(_ENDINGS)}')
    try:
        _refuse_later(path.read_text(encoding='utf-8'))
        cfg = Config.fromfile(str(path))
        _refuse_later(cfg.text)  # what it inherits from, too
        return cfg
    except Exception as error:
        # A config is a program, which can fail in any way.
        raise ValueError(_complaint(path, error)) from error


def _refuse_later(text: str) -> None:
    later = _LATER.search(text)
    if later:
        word = next(filter(None, later.groups()))
        raise ValueError(
            f'{word} is of mmdetection3d v1.1 or later, while configs '
            'of v1.0 are read here: take the one of this name from mmdetection3d v1.0, or start '
            'from one in configs/'
        )


def _complaint(path: Path, error: Exception) -> str:
    """Name the file and the line."""
    cause: BaseException = error
    if isinstance(error, SyntaxError) and error.__context__ is not None:
        cause = error.__context__  # mmcv's own error has lost the line
    file, line = _place(path, error)
    line = getattr(cause, 'lineno', line)
    text = one_line(getattr(cause, 'msg', None) or str(cause))
    if isinstance(cause, ImportError):
        text += ': install it, or leave the import out'
    missing = re.match(r'file "(.*)" does not exist', text)
    if missing:
        text = f'{path} or a file that it inherits from names it in _base_, but it does not exist'
    kind = (
        '' if missing or isinstance(cause, (ValueError, OSError)) else f'{type(cause).__name__}: '
    )
    return f'config {file}{f", line {line}" if line else ""}: {kind}{text}'


def _place(path: Path, error: BaseException) -> tuple[str, int | None]:
    """Return the config that failed, perhaps one that is inherited from, and its line.

    mmcv runs a copy of each, whose lines are the same.
    """
    file, line = str(path), None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == '_file2dict':
            file = frame.f_locals['filename']
            _close(frame.f_locals.get('temp_config_file'))
        if Path(frame.f_code.co_filename).parent.parent == Path(tempfile.gettempdir()):
            line = number
    return file, line


def _close(copy: Any) -> None:
    """Close a copy whose folder is gone, which would complain when it is collected."""
    if copy is not None:
        with suppress(FileNotFoundError):
            copy.close()
