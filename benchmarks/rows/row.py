"""What a row says, and how it is measured."""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')


class Row(NamedTuple):
    """One kind of work, by a plain version that is obviously right and by the shipped one.

    Attributes:
        work: what is done.
        plain: milliseconds of the plain version; None if there is none to compare with.
        shipped: milliseconds of the shipped version.
        plain_memory: peak MiB above what the process had before, of the plain version.
        shipped_memory: likewise of the shipped version.
        limit: milliseconds that the network's multiply-adds take at the rate of a large matrix
            product, measured in the same run.
        reference: milliseconds of mmdetection3d in float32, run beside.
    """

    work: str
    plain: float | None
    shipped: float
    plain_memory: float | None = None
    shipped_memory: float | None = None
    limit: float | None = None
    reference: float | None = None


def milliseconds(function: Callable[[], object], repeats: int = 5) -> float:
    """Return the median time of a call, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def compare(*functions: Callable[[], object], repeats: int = 5) -> list[float]:
    """Return the least milliseconds of each function, called in turn.

    What else the machine does meets all of them alike, and the least time has least of it.
    """
    rounds = [[milliseconds(each, 1) for each in functions] for _ in range(repeats)]
    return [min(times) for times in zip(*rounds)]


def matrix_rate(dtype: torch.dtype = torch.float32, size: int = 4096) -> float:
    """Return the multiply-adds per millisecond of a large matrix product, on this device."""
    a, b = (torch.rand(size, size, device=DEVICE).to(dtype) for _ in range(2))
    return size**3 / milliseconds(lambda: a @ b)


def peak_memory(module: str, call: str) -> float:
    """Return the peak MiB of a call above what its process had before, in a process of its own.

    Args:
        module: that of ``benchmarks.rows`` which has the function.
        call: the call, such as ``'shipped()'``; what it needs is made by ``module``'s ``prepare``.
    """
    code = (
        f'from benchmarks.rows.row import resident; from benchmarks.rows.{module} import *; '
        f'prepare(); before = resident(); {call}; print(resident() - before)'
    )
    return float(subprocess.check_output([sys.executable, '-c', code], text=True).split()[-1])


def resident() -> float:
    """Return the most MiB that this process has had in memory: on a GPU its memory, else Linux's.

    Not by ``resource``, which counts what the process had before it became this program.
    """
    if DEVICE.type == 'cuda':
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path('/proc/self/status').read_text(encoding='ascii')
    return int(re.search(r'VmHWM:\s+(\d+) kB', status)[1]) / 1024
