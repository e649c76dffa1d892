"""Run the real command-line tools as a user would, and read what they log."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]


def call(*command: str, root: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run a command in the checkout, two threads per process."""
    env = {**os.environ, 'OMP_NUM_THREADS': '2', **environment}
    return subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, check=False, timeout=300
    )


def run(*command: str, root: Path, **environment: str) -> str:
    """Run a command in the checkout and return what it printed; it has to succeed."""
    done = call(*command, root=root, **environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def call_here(tool: str, *arguments: object) -> int:
    """Run a tool in this process, for what it says at its start, and return its exit status."""
    with mock.patch.object(sys, 'argv', [tool, *map(str, arguments)]):
        try:
            runpy.run_path(str(ROOT / tool), run_name='__main__')
        except SystemExit as ended:
            if not isinstance(ended.code, str):
                return ended.code
            print(ended.code, file=sys.stderr)  # as Python itself does at the end of a process
            return 1
    return 0


def training_lines(work_dir: Path) -> list[dict]:
    """The training lines of the latest log in a run's folder."""
    log = max(work_dir.glob('*.log.json'))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if line.get('mode') == 'train']
