"""Processes that do not outlive their test, with all that they have started."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_ALONE = {'OMP_NUM_THREADS': '1', 'GLOO_SOCKET_IFNAME': 'lo'}


class Processes:
    """Starts processes; at the end of its block, they and all below them are killed."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen] = []
        self._seen: set[int] = set()

    def __enter__(self) -> 'Processes':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.started:
            self.descendants(process.pid)
        for pid in [*(each.pid for each in self.started if each.poll() is None), *self._alive()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.wait(timeout=30)
            if process.stdout is not None:
                process.stdout.close()

    def start(self, *command: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen:
        """Start a command whose output can be read, with one thread, and talk on this machine."""
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **_ALONE, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def descendants(self, pid: int) -> list[int]:
        """Everything below a process, which is then killed at the end even if ``pid`` is gone."""
        parents = {child: parent for child, parent, _ in _table()}
        below, layer = [], [pid]
        while layer:
            layer = [child for child, parent in parents.items() if parent in layer]
            below += layer
        self._seen |= set(below)
        return below

    def _alive(self) -> list[int]:
        return [pid for pid, _, state in _table() if pid in self._seen and state != 'Z']

    def await_end_of(self, pids: list[int], seconds: float) -> None:
        """Wait until none of these is alive; it is an error if one still is."""
        deadline = time.monotonic() + seconds
        while left := [pid for pid, _, state in _table() if pid in pids and state != 'Z']:
            assert time.monotonic() < deadline, f'{left} go on'
            time.sleep(0.1)


def _table() -> list[tuple[int, int, str]]:
    """Id, parent and state of every process."""
    rows = []
    for path in Path('/proc').glob('[0-9]*/stat'):
        with suppress(OSError):  # it has ended meanwhile
            # The name, in brackets, may hold anything.
            state, parent, *_ = path.read_text().rpartition(')')[2].split()
            rows.append((int(path.parent.name), int(parent), state))
    return rows
