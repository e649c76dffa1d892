"""Jobs, each of some commands, in as many processes as there are devices."""

import fcntl
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mmdet3d.report.gain.settings import check_settings, keep_settings
from mmdet3d.utils.config import REPO_ROOT
from mmdet3d.utils.parallel import LAUNCHER_VARIABLE

_PAUSE = 0.1


@dataclass(frozen=True)
class Job:
    """Commands that end in a file.

    Attributes:
        name: for messages.
        folder: where its lock and what it prints go.
        commands: the tools with their arguments, to be run from the root of this project.
        result: the file that is there when all is done, which the last command writes.
        settings: what it is done with; nothing else may go on in its folder.
    """

    name: str
    folder: Path
    commands: Sequence[Sequence[str]]
    result: Path
    settings: Mapping[str, Any]

    @property
    def output(self) -> Path:
        """What the commands print."""
        return self.folder / 'output.txt'


def count_devices() -> int:
    """Return how many jobs run side by side: one per GPU, or else one per core."""
    return torch.cuda.device_count() or os.cpu_count() or 1


def run_jobs(
    jobs: Sequence[Job],
    processes: int,
    threads: int = 1,
    tell: Callable[[Job, float], None] = lambda job, seconds: None,
) -> list[Job]:
    """Run jobs in their order, several at a time; those whose result is there are left out.

    After a failure those that run are finished, and no other begins. However this ends, none is
    left running.

    Args:
        jobs: what to do.
        processes: how many at a time.
        threads: for each of them.
        tell: is called after each with it and the seconds it took.

    Returns:
        the jobs that another process is at.

    Raises:
        RuntimeError: if a command fails; the message has its last line.
        ValueError: if the folder of a job was begun with other settings.
    """
    waiting, failure = deque(jobs), None
    busy: list[Job] = []
    running: dict[int, _Running] = {}
    try:
        while running or (waiting and failure is None):
            while waiting and failure is None and len(running) < processes:
                slot = min(set(range(processes)) - set(running))
                started = _start(waiting.popleft(), slot, threads, busy)
                running |= {slot: started} if started else {}
            time.sleep(_PAUSE)
            for slot, each in list(running.items()):
                try:
                    if each.is_over():
                        del running[slot]
                        tell(each.job, each.seconds)
                except RuntimeError as error:
                    del running[slot]
                    failure = failure or error
    finally:
        for each in running.values():
            each.end()
    if failure is not None:
        raise failure
    return busy


def _start(job: Job, slot: int, threads: int, busy: list[Job]) -> '_Running | None':
    """Start a job, unless it is done or another process is at it."""
    check_settings(job.folder, job.settings)
    if job.result.exists():
        return None
    stack = ExitStack()
    if not stack.enter_context(hold(job.folder / 'lock')):
        busy.append(job)
        return None
    if job.result.exists():  # by now
        stack.close()
        return None
    keep_settings(job.folder, job.settings)
    return _Running(job, _environment(slot, threads), stack)


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold a lock until the end of the block, or of this process, however it ends.

    Args:
        path: the lock's file, which says which process holds it.

    Yields:
        whether it could be had.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'a+') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.truncate(0)
        file.write(f'{os.getpid()}\n')
        file.flush()
        yield True


def _environment(slot: int, threads: int) -> dict[str, str]:
    """What a process sees: its threads, its GPU, and whom it ends with."""
    own = {'OMP_NUM_THREADS': str(threads), LAUNCHER_VARIABLE: str(os.getpid())}
    count = torch.cuda.device_count()
    if count:
        given = os.environ.get('CUDA_VISIBLE_DEVICES')
        names = given.split(',') if given else [str(index) for index in range(count)]
        own['CUDA_VISIBLE_DEVICES'] = names[slot % count]
    return {**os.environ, **own}


class _Running:
    """A job under way: one command after the other."""

    def __init__(self, job: Job, environment: dict[str, str], held: ExitStack) -> None:
        self.job = job
        self._environment, self._held = environment, held
        self._commands = deque(job.commands)
        self._start = time.monotonic()
        self._process = self._begin()

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._start

    def _begin(self) -> subprocess.Popen:
        with open(self.job.output, 'a') as file:
            return subprocess.Popen(
                self._commands.popleft(),
                cwd=REPO_ROOT,
                env=self._environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Ctrl+C is this process's to handle; its children are told to end with theirs.
                start_new_session=True,
            )

    def is_over(self) -> bool:
        """Go on to the next command if there is one, and tell whether all are done.

        Raises:
            RuntimeError: if one failed.
        """
        status = self._process.poll()
        if status is None:
            return False
        if status == 0 and self._commands:
            self._process = self._begin()
            return False
        self._held.close()
        if status != 0:
            raise RuntimeError(
                f'{self.job.name}: {self._last_line(status)} (the output is in '
                f'{self.job.output}; the same command goes on from there)'
            )
        return True

    def _last_line(self, status: int) -> str:
        lines = self.job.output.read_text(errors='replace').split('\n')
        errors = [line.removeprefix('error: ') for line in lines if line.startswith('error: ')]
        return errors[-1] if errors and status > 0 else f'it ended with status {status}'

    def end(self) -> None:
        """End the command with all processes that it has started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
        self._held.close()
