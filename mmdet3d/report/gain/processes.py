"""Processes of commands, which end with this one, and locks among several of these."""

import fcntl
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch

from mmdet3d.utils.config import REPO_ROOT
from mmdet3d.utils.parallel import LAUNCHER_VARIABLE


def count_devices() -> int:
    """Return how many trainings run side by side: one per GPU, or else one per core."""
    return torch.cuda.device_count() or os.cpu_count() or 1


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold a lock until the end of the block, or of this process, however it ends.

    Args:
        path: file of the lock, in which the process that holds it is named.

    Yields:
        whether it could be had.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'a') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.truncate(0)
        print(os.getpid(), file=file, flush=True)
        yield True


class Commands:
    """Commands under way, one after the other.

    Args:
        commands: to be run from the root of this project.
        output: the file that takes what they print.
        place: number of the place among those that run side by side, which is that of the GPU.
        held: what is closed at the end.

    Attributes:
        output: the file.
        seconds: since they were begun.
    """

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        output: Path,
        place: int,
        held: ExitStack,
    ) -> None:
        self.output = output
        self._waiting = deque(commands)
        self._environment = _environment(place)
        self._held = held
        self._start = time.monotonic()
        self._process = self._begin()

    @property
    def seconds(self) -> float:
        """Since they were begun."""
        return time.monotonic() - self._start

    def _begin(self) -> subprocess.Popen:
        with open(self.output, 'w') as file:
            return subprocess.Popen(
                self._waiting.popleft(),
                cwd=REPO_ROOT,
                env=self._environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Ctrl+C is this process's to handle, which then ends the whole group.
                start_new_session=True,
            )

    def poll(self) -> int | None:
        """Go on if a command is done; return the status of the last one, None before its end."""
        status = self._process.poll()
        if status == 0 and self._waiting:
            self._process = self._begin()
            return None
        if status is not None:
            self._held.close()
        return status

    def complaint(self, status: int) -> str:
        """Return why a command has failed, as its last error says."""
        lines = self.output.read_text(errors='replace').splitlines()
        errors = [line.removeprefix('error: ') for line in lines if line.startswith('error: ')]
        if status > 0 and errors:
            return errors[-1]
        ended = f'status {status}' if status > 0 else signal.Signals(-status).name
        return f'a command ended with {ended}'

    def end(self) -> None:
        """End the command that runs, with all processes that it has started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
            _wait_for_group(self._process.pid)
        self._held.close()


def _wait_for_group(group: int, seconds: float = 10) -> None:
    """Wait until the processes that a command has started are gone too; then end them for good."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _environment(place: int) -> dict[str, str]:
    """What a process sees: its one thread, its GPU, and whom it ends with if that is killed."""
    own = {'OMP_NUM_THREADS': '1', LAUNCHER_VARIABLE: str(os.getpid())}
    count = torch.cuda.device_count()
    if count:
        given = os.environ.get('CUDA_VISIBLE_DEVICES')
        names = given.split(',') if given else [str(index) for index in range(count)]
        own['CUDA_VISIBLE_DEVICES'] = names[place % count]
    return {**os.environ, **own}
