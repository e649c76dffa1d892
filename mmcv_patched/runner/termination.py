"""SIGTERM, by which a cluster takes a machine back: save after the step, and end."""

import os
import signal
import threading
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from mmcv.runner import HOOKS, Hook

from mmcv_patched.messages import Terminated
from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.checkpoint_hook import CheckpointHook

TERMINATED = 128 + signal.SIGTERM


class _SignalWatch:
    """Ends the process a while after a signal, also where its main thread does nothing but wait.

    Python calls its own handlers in the main thread alone, so not while that waits in torch for
    another process; the number of the signal is written to a pipe even then.

    Args:
        number: the signal, which Python has to handle.
        grace: seconds from the signal to the end.
    """

    def __init__(self, number: int, grace: float) -> None:
        self._number, self._grace = number, grace
        self._over = threading.Event()
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._previous = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        threading.Thread(target=self._wait, daemon=True).start()

    def close(self) -> None:
        """Let the process live."""
        if self._over.is_set():
            return
        self._over.set()
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._previous)
        os.close(self._writing)

    def _wait(self) -> None:
        while written := os.read(self._reading, 16):
            if self._number in written and not self._over.wait(self._grace):
                os._exit(TERMINATED)
        os.close(self._reading)


@HOOKS.register_module()
class TerminationHook(Hook):
    """On SIGTERM, write a checkpoint after the step that is being taken, and end the run.

    All processes of a group end after the same step. A run that accumulates gradients ends after
    one in which it takes a step with them. A process that does not come to the end of its step in
    time, since it waits for another one that is gone, ends without.

    Args:
        grace: seconds to wait for the end of the step; what starts processes of a group kills them
            30 s after SIGTERM.

    Raises:
        ValueError: if ``grace`` is no positive number.
    """

    def __init__(self, grace: float = 20.0) -> None:
        if isinstance(grace, bool) or not isinstance(grace, (int, float)) or grace <= 0:
            raise ValueError(f'grace={grace!r} of TerminationHook: expected seconds, above 0')
        self.grace = grace
        self._asked = False
        self._previous: Any = None
        self._watch: _SignalWatch | None = None

    def before_run(self, runner: BaseRunner) -> None:
        """Take over SIGTERM, which only the main thread of a process can."""
        if threading.current_thread() is threading.main_thread():
            self._watch = _SignalWatch(signal.SIGTERM, self.grace)
            self._previous = signal.signal(signal.SIGTERM, self._ask)

    def after_run(self, runner: BaseRunner) -> None:
        """Give SIGTERM back."""
        if self._watch is not None:
            signal.signal(signal.SIGTERM, self._previous)
            self._watch.close()

    def after_train_iter(self, runner: BaseRunner) -> None:
        """End the run here, if SIGTERM came.

        Raises:
            Terminated: if it did.
        """
        if not self._is_due(runner) or not self._is_asked_of_any(runner):
            return
        if self._watch is not None:
            self._watch.close()
        saving = [hook for hook in runner.hooks if isinstance(hook, CheckpointHook)]
        raise Terminated(saving[0].save_within(runner) if saving else '')

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True

    def _is_due(self, runner: BaseRunner) -> bool:
        steps = [getattr(hook, 'cumulative_iters', 1) for hook in runner.hooks]
        return self.every_n_iters(runner, max(steps)) or self.is_last_iter(runner)

    def _is_asked_of_any(self, runner: BaseRunner) -> bool:
        if not dist.is_initialized():
            return self._asked
        device = next(runner.model.parameters()).device
        asked = torch.tensor(int(self._asked), device=device)
        dist.all_reduce(asked, dist.ReduceOp.MAX)
        return bool(asked)
