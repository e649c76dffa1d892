"""How the C library deals with memory that is freed."""

import ctypes
import platform

# Numbers of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process keep memory that it freed, for the tensors that come next.

    By default glibc hands large blocks back to the system at once, and every step of a training
    waits for the system to clear new ones. The most that the process ever has stays the same, but
    it holds that until it ends.

    Returns:
        whether the C library is one that can do so.
    """
    if platform.libc_ver()[0] != 'glibc':
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, _NEVER))
