"""A process keeps memory that it freed."""

import platform
import subprocess
import sys

import pytest

MEASURE = """
import resource, numpy as np
from mmdet3d.utils.memory import keep_freed_memory
{prepare}
def fill():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.zeros(2**26, dtype=np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
fill()
print(min(fill() for _ in range(3)))
"""


def faults(prepare: str) -> int:
    """Count how often a block of 64 MiB makes the process wait for memory."""
    code = MEASURE.format(prepare=prepare)
    return int(subprocess.check_output([sys.executable, '-c', code], text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='needs glibc')
def test_the_next_block_of_memory_is_the_last_one():
    assert faults('keep_freed_memory()') < 10 < faults('')


def test_another_c_library_is_left_alone(monkeypatch):
    from mmdet3d.utils.memory import keep_freed_memory

    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    assert not keep_freed_memory()
