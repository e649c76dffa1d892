"""Jobs of some commands each, several at a time."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdet3d.report.gain.processes import Commands, hold
from mmdet3d.report.gain.settings import check_settings, keep_settings

_PAUSE = 0.1


@dataclass(frozen=True)
class Job:
    """Commands that end in a file.

    Attributes:
        name: for messages.
        folder: where its lock, its settings and what it prints go.
        commands: to be run one after the other from the root of this project.
        result: the file that is there when all is done, which the last command writes.
        settings: what it is done with; nothing else may go on in its folder.
    """

    name: str
    folder: Path
    commands: Sequence[Sequence[str]]
    result: Path
    settings: Mapping[str, Any]


def run_jobs(
    jobs: Sequence[Job],
    processes: int,
    tell: Callable[[Job, float], None] = lambda job, seconds: None,
) -> list[Job]:
    """Run jobs in their order, several at a time; those whose result is there are left out.

    After a failure those that run are finished, and no other begins. However this ends, none is
    left running.

    Args:
        jobs: what to do.
        processes: how many at a time.
        tell: is called after each with it and the seconds it took.

    Returns:
        the jobs that another process is at.

    Raises:
        RuntimeError: if a command fails; the message has its last line.
        ValueError: if the folder of a job was begun with other settings.
    """
    pool = _Pool(jobs, processes, tell)
    try:
        while pool.goes_on():
            pool.begin()
            time.sleep(_PAUSE)
            pool.look()
    finally:
        pool.end()
    if pool.failure is not None:
        raise pool.failure
    return pool.elsewhere


class _Pool:
    """Jobs that wait, and those that run, by the number of their place."""

    def __init__(
        self,
        jobs: Sequence[Job],
        processes: int,
        tell: Callable[[Job, float], None],
    ) -> None:
        self._waiting = deque(jobs)
        self._running: dict[int, tuple[Job, Commands]] = {}
        self._processes, self._tell = processes, tell
        self.elsewhere: list[Job] = []
        self.failure: RuntimeError | None = None

    def goes_on(self) -> bool:
        """Whether there is anything left to do."""
        return bool(self._running) or (bool(self._waiting) and self.failure is None)

    def begin(self) -> None:
        """Begin jobs while there are places for them."""
        while self._waiting and self.failure is None and len(self._running) < self._processes:
            place = min(set(range(self._processes)) - set(self._running))
            self._begin(self._waiting.popleft(), place)

    def _begin(self, job: Job, place: int) -> None:
        """Begin a job, unless it is done or another process is at it."""
        check_settings(job.folder, job.settings)
        with ExitStack() as held:
            if job.result.exists():
                return
            if not held.enter_context(hold(job.folder / 'lock')):
                self.elsewhere.append(job)
                return
            if job.result.exists():  # by now
                return
            keep_settings(job.folder, job.settings)
            output = job.folder / 'output.txt'
            commands = Commands(job.commands, output, place, held.pop_all())
            self._running[place] = job, commands

    def look(self) -> None:
        """See which jobs are done, and which have failed."""
        for place, (job, commands) in list(self._running.items()):
            status = commands.poll()
            if status is None:
                continue
            del self._running[place]
            if status == 0:
                self._tell(job, commands.seconds)
            elif self.failure is None:
                self.failure = RuntimeError(
                    f'{job.name}: {commands.complaint(status)} (all that it said is in '
                    f'{commands.output}; the same command goes on from there)'
                )

    def end(self) -> None:
        """End what runs."""
        for _, commands in self._running.values():
            commands.end()
