"""Spread the rows of a numba function over threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import torch


def split_rows(function: Callable, rows: int, *args: Any) -> None:
    """Call ``function(start, stop, *args)`` on parts of ``range(rows)``, one per thread of torch.

    The calling thread has a part too. The others end with the call, so a later fork by a data
    loader finds none: numba's own pool would not survive it. A loader's worker has one thread, as
    torch has there.

    Args:
        function: releases the GIL and writes its rows into one of the arguments.
        rows: how many rows there are.
        args: what else the function takes.
    """
    threads = min(torch.get_num_threads(), rows)
    if threads <= 1:
        function(0, rows, *args)
        return
    bounds = np.linspace(0, rows, threads + 1).astype(int).tolist()
    own, *others = pairwise(bounds)
    with ThreadPoolExecutor(threads - 1) as pool:
        parts = [pool.submit(function, *part, *args) for part in others]
        function(*own, *args)
        for part in parts:
            part.result()
