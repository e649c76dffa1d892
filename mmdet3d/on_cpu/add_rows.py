"""Add rows to those that indices name, on the CPU, for numpy arrays."""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows


def add_rows(sums: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> None:
    """Add each row to ``sums[target]``, in place and in the order of the rows.

    Args:
        sums: float32 or float64 of shape (M, C).
        targets: of the rows, int32 or int64 of shape (N,), all below M.
        rows: likewise of shape (N, C).
    """
    split_rows(_add, len(sums), targets, rows, sums)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _add(start: int, stop: int, targets: np.ndarray, rows: np.ndarray, sums: np.ndarray) -> None:
    """Deal with the targets of this thread; to look at all of them costs little."""
    for i in range(len(targets)):
        target = targets[i]
        if start <= target < stop:
            row, total = rows[i], sums[target]
            for c in range(len(row)):
                total[c] += row[c]
