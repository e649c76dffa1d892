"""Waiting for the first process of a group where it works alone, longer than any timeout."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import torch.distributed as dist
from torch.distributed.distributed_c10d import _get_default_store

_SECONDS_BETWEEN_SIGNS = 1.0
_numbers = count()


@contextmanager
def first_process_awaited() -> Iterator[None]:
    """Let the others wait at the end of the block until the first process is there too.

    They wait as long as it gives signs of life, which it does in a thread of its own. All processes
    of the group have to enter the block.

    Raises:
        RuntimeError: in another process, if there were no signs for as long as the group waits.
    """
    key = f'first_process_awaited/{next(_numbers)}'
    if dist.get_rank() > 0:
        yield
        _wait(key)
        return
    over = threading.Event()
    signs = threading.Thread(target=_give_signs, args=(key, over), daemon=True)
    signs.start()
    try:
        yield
    finally:
        over.set()
        signs.join()
    _get_default_store().set(f'{key}/done', '1')


def _give_signs(key: str, over: threading.Event) -> None:
    store = _get_default_store()
    while not over.wait(_SECONDS_BETWEEN_SIGNS):
        store.add(f'{key}/signs', 1)


def _wait(key: str) -> None:
    store: Any = _get_default_store()
    timeout = store.timeout.total_seconds()
    seen, since = -1, time.monotonic()
    while not store.check([f'{key}/done']):
        signs = store.add(f'{key}/signs', 0)
        if signs != seen:
            seen, since = signs, time.monotonic()
        elif time.monotonic() - since > timeout:
            raise RuntimeError(f'process 0 has not answered for {timeout:.0f} s')
        time.sleep(_SECONDS_BETWEEN_SIGNS / 5)
