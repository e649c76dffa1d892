"""Hooks that log to files, which say which file it was that a full disk had no room for."""

import threading
from typing import Any

import mmcv.runner
from mmcv.runner import HOOKS

from mmcv_patched.full_disk import explain_full_disk

# Lines of a log are written together, some kilobytes at a time.
_A_FEW_LINES = 1 << 16


@HOOKS.register_module(force=True)
class TextLoggerHook(mmcv.runner.TextLoggerHook):
    """mmcv's hook of this name.

    Its steps raise ``DiskFullError`` where there is no room for the log.
    """

    def _dump_log(self, log_dict: dict, runner: Any) -> None:
        with explain_full_disk(self.json_log_path, lambda: _A_FEW_LINES):
            super()._dump_log(log_dict, runner)


@HOOKS.register_module(force=True)
class TensorboardLoggerHook(mmcv.runner.TensorboardLoggerHook):
    """mmcv's hook of this name.

    Its steps raise ``DiskFullError`` where there is no room for the log.
    """

    def before_run(self, runner: Any) -> None:
        """Begin the file."""
        threading.excepthook = _leave_to_the_hook
        folder = self.log_dir or f'{runner.work_dir}/tf_logs'
        with explain_full_disk(folder, lambda: _A_FEW_LINES):
            super().before_run(runner)

    def log(self, runner: Any) -> None:
        """Write the figures of a step."""
        with explain_full_disk(self.log_dir, lambda: _A_FEW_LINES):
            super().log(runner)

    def after_run(self, runner: Any) -> None:
        """Close the file."""
        with explain_full_disk(self.log_dir, lambda: _A_FEW_LINES):
            super().after_run(runner)


def _leave_to_the_hook(failed: threading.ExceptHookArgs) -> None:
    """Say nothing of a write that failed in tensorboard's thread: its owner raises it too."""
    if not isinstance(failed.exc_value, OSError):
        threading.__excepthook__(failed)
